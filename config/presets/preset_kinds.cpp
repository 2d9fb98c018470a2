#include "config/presets/preset_kinds.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"

namespace elit::config {

using Effect = crm::VerdictRule::Effect;
namespace {

namespace json = boost::json;

std::optional<std::string> request_header_problem(const std::string& header) {
  const std::string name = to_lower_case(header);
  return name == "content-type" || name == "idempotency-key" ? std::nullopt : header_name_problem(header);
}

NamedTexts header_texts() {
  return {{&Places::content}, "map of names to texts", request_header_problem};
}

std::optional<int> status_of(const std::string& text) {
  const int status = text.size() == 3 && is_all_digits(text) ? std::stoi(text) : 0;
  return status >= 100 && status <= 599 ? std::optional(status) : std::nullopt;
}

std::optional<std::pair<int, int>> range_of(const std::string& text) {
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    const int first = (text[0] - '0') * 100;
    return std::pair{first, first + 99};
  }
  const std::size_t dash = text.find('-');
  const std::optional<int> from = status_of(text.substr(0, dash));
  const std::optional<int> to = dash == std::string::npos ? from : status_of(text.substr(dash + 1));
  return from && to && *from <= *to ? std::optional(std::pair{*from, *to}) : std::nullopt;
}

// A rule without status and conditions.
bool holds_always(const Node& rule) {
  return rule.kind == Node::Kind::map && rule.find("status") == nullptr && rule.find("when") == nullptr;
}

}  // namespace

void PlaceholderText::describe(FieldDescription& about) {
  about.type = "text";
  about.schema = {{"type", json::array{"string", "number", "boolean", "null"}}};
}

bool PlaceholderText::read(const Node& node, const std::string& path, const PresetContext& context,
                           crm::Text& value) const {
  value = context.texts.text(node, path, context.places.*place);
  return true;
}

bool MappedField::read(const Node& node, const std::string& path, const PresetContext& context, std::string& value) {
  PlaceholderContext place;
  place.item = PlaceholderContext::Item::contact;
  place.mapped = false;
  static_cast<void>(context.texts.text(node, path, place));
  value = node.text;
  return true;
}

void RequestHeaders::describe(FieldDescription& about) {
  header_texts().describe(about);
}

bool RequestHeaders::read(const Node& node, const std::string& path, const PresetContext& context, Value& value) {
  if (!header_texts().read(node, path, context, value)) {
    return false;
  }
  for (const Entry& entry : node.entries) {
    if (is_secret_header(entry.key) && entry.value.text.find("${") == std::string::npos) {
      fail(entry.value, path_of(path, entry.key), context,
           "must not hold the secret itself: write ${secret.NAME}, and NAME among the credential's `secrets`");
    }
  }
  return true;
}

void Body::describe(FieldDescription& about) {
  about.type = "[tree](README.md#bodies)";
}

bool Body::read(const Node& node, const std::string& path, const PresetContext& context, crm::Tree& value) {
  value = context.texts.tree(node, path, context.places.content, context.places.each);
  return true;
}

void PointerText::describe(FieldDescription& about) {
  about.type = "JSON pointer";
  about.schema = {{"type", "string"}};
}

bool PointerText::read(const Node& node, const std::string& path, const ReadContext& context, std::string& value) {
  if (!PlainText().read(node, path, context, value)) {
    return false;
  }
  const auto problem = rules::json_pointer.problem(value);
  return !problem || fail(node, path, context, *problem);
}

void PatternText::describe(FieldDescription& about) {
  about.type = "regular expression (RE2)";
  about.schema = {{"type", "string"}};
}

bool PatternText::read(const Node& node, const std::string& path, const ReadContext& context, Value& value) {
  std::string text;
  if (!PlainText().read(node, path, context, text)) {
    return false;
  }
  value = Pattern(text);
  const std::string error = value->error();
  return error.empty() || fail(node, path, context, error);
}

void Statuses::describe(FieldDescription& about) {
  const json::object number{{"type", "integer"}, {"minimum", 100}, {"maximum", 599}};
  const json::object range{{"type", "string"}, {"pattern", "^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$"}};
  about.schema = {{"anyOf", json::array{number, range}}};
}

bool Statuses::read(const Node& node, const std::string& path, const ReadContext& context, Value& value) {
  std::string text;
  if (!PlainText().read(node, path, context, text)) {
    return false;
  }
  const auto range = range_of(text);
  value = range.value_or(value);
  return range || fail(node, path, context, "must be a status from 100 to 599, a range such as 500-504, or 4xx");
}

void LocatorValue::describe(FieldDescription& about) const {
  describe_section(table.about, about);
  about.shape = FieldDescription::Shape::value;
  const json::object pointer{{"type", "string"}};
  about.schema = {{"anyOf", json::array{pointer, about.schema}}};
}

bool LocatorValue::read(const Node& node, const std::string& path, PresetContext& context, crm::Locator& value) const {
  return node.kind == Node::Kind::scalar ? PointerText::read(node, path, context, value.pointer)
                                         : table.read(node, path, context, value);
}

bool VerdictRules::read(const Node& node, const std::string& path, PresetContext& context, Value& value) const {
  for (std::size_t index = 1; index < node.items.size(); ++index) {
    if (holds_always(node.items[index - 1])) {
      fail(node.items[index], path_of(path, index), context,
           "is never reached: the rule before it holds always, having no status and no `when`");
    }
  }
  return rules.read(node, path, context, value);
}

OnlyWords::OnlyWords()
    : words_{
          Choice<bool crm::Step::*>(
              {{"new", &crm::Step::only_new}, {"known", &crm::Step::only_known}, {"unsure", &crm::Step::only_unsure}}),
          ""} {}

bool OnlyWords::read(const Node& node, const std::string& path, PresetContext& context, crm::Step& value) const {
  std::vector<bool crm::Step::*> flags;
  const bool sound = words_.read(node, path, context, flags);
  for (const auto flag : flags) {
    if (flag != nullptr) {
      value.*flag = true;
    }
  }
  return sound;
}

VerdictWord::VerdictWord()
    : word_({{"done", {Verdict::delivered, Effect::none}},
             {"retry", {Verdict::retry, Effect::none}},
             {"throttled", {Verdict::throttled, Effect::none}},
             {"unauthorized", {Verdict::unauthorized, Effect::none}},
             {"rejected", {Verdict::rejected, Effect::none}},
             {"rejected_batch", {Verdict::rejected_in_company, Effect::none}},
             {"too_large", {Verdict::too_large, Effect::none}},
             {"exists", {Verdict::exists, Effect::none}},
             {"unknown", {Verdict::unknown, Effect::none}},
             {"fatal", {Verdict::misconfigured, Effect::none}},
             {"gone", {Verdict::rejected, Effect::gone}},
             {"next", {Verdict::rejected, Effect::next}}}) {}

bool VerdictWord::read(const Node& node, const std::string& path, PresetContext& context,
                       crm::VerdictRule& value) const {
  std::pair<Verdict, Effect> meaning;
  const bool sound = word_.read(node, path, context, meaning);
  if (sound) {
    value.verdict = meaning.first;
    value.effect = meaning.second;
  }
  return sound;
}

bool is_snake_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char byte) {
    return is_lower(byte) || is_digit(byte) || byte == '_';
  });
}

}  // namespace elit::config
