#include "config/presets/preset_texts.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

#include "config/yaml/value_kinds.hpp"

namespace elit::config {
namespace {

using Names = std::vector<std::string>;

const Names contact_members{"key",   "user_id", "source", "user",      "name",
                            "phone", "email",   "fields", "remote_id", "refused_by"};
const Names activity_members{"key",  "text",      "plain",      "title",     "direction",  "sender",
                             "type", "media_url", "media_type", "started",   "ended",      "date",
                             "zone", "part",      "count",      "remote_id", "refused_by", "late"};

Names with(Names names, const std::set<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

Names words_of(const std::set<std::string>& set) {
  return {set.begin(), set.end()};
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string member_of(const crm::Placeholder& placeholder) {
  return placeholder.members.empty() ? std::string() : placeholder.members.front();
}

// Whether the placeholder goes deeper than its first member.
bool goes_deeper(const crm::Placeholder& placeholder) {
  return placeholder.members.size() > 1 || !placeholder.pointer.empty();
}

Names roots_of(const PlaceholderContext& context) {
  Names roots{"config"};
  const auto add = [&](bool seen, const char* root) {
    if (seen) {
      roots.emplace_back(root);
    }
  };
  add(context.item != PlaceholderContext::Item::none, "contact");
  add(context.item == PlaceholderContext::Item::activity, "activity");
  add(context.secrets, "secret");
  add(context.tokens, "token");
  add(context.assertion, "assertion");
  add(context.mapping, "mapping");
  add(context.sink, "sink");
  add(context.index, "index");
  add(context.each, "each");
  return roots;
}

std::string why_not_here(const std::string& root, const PlaceholderContext& context) {
  static constexpr std::array<std::pair<const char*, const char*>, 7> reasons{
      {{"secret", "secrets are known in credentials and in the headers and bodies of steps, nowhere else"},
       {"token", "tokens are known in credentials and in the requests of steps, nowhere else"},
       {"assertion", "the assertion is known in the token request that has one"},
       {"mapping", "the mapping is known in the requests of steps"},
       {"sink", "what the sink's steps save is known in steps"},
       {"index", "the index is known where one item of a request is spoken of, such as inside $each: items"},
       {"each", "each is known inside $each"}}};
  for (const auto& [name, why] : reasons) {
    if (root == name) {
      return why;
    }
  }
  if (root == "activity" && context.item == PlaceholderContext::Item::contact) {
    return "a step of contacts knows no activity";
  }
  if (root == "contact" || root == "activity") {
    return context.why_no_item.empty() ? "no item is known here" : std::string(context.why_no_item);
  }
  return {};
}

// Where the placeholders of a text begin, in bytes.
std::vector<std::size_t> placeholder_offsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  char quote = 0;
  bool inside = false;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char byte = text[place];
    const char before = place == 0 ? ' ' : text[place - 1];
    if (!inside) {
      const char next = place + 1 < text.size() ? text[place + 1] : ' ';
      if (byte == '$' && next == '{') {
        offsets.push_back(place);
        inside = true;
      }
      place += byte == '$' && (next == '{' || next == '$') ? 1 : 0;
    } else if (quote != 0) {
      quote = byte == quote ? '\0' : quote;
    } else if ((byte == '"' || byte == '\'') && (before == ' ' || before == '=' || before == byte)) {
      quote = byte;
    } else if (byte == '}') {
      inside = false;
    }
  }
  return offsets;
}

// The number that an unquoted text is. Texts that a YAML reader would change, such as 007 and 1.10, are no numbers.
std::optional<boost::json::value> number_of(const std::string& text) {
  const bool like_number = !text.empty() && text.find_first_not_of("-.0123456789") == std::string::npos;
  const bool fraction = text.find('.') != std::string::npos;
  if (!like_number || (fraction && text.ends_with('0'))) {
    return std::nullopt;
  }
  boost::system::error_code error;
  boost::json::value number = boost::json::parse(text, error);
  if (error || !number.is_number() || (number.is_double() && !fraction)) {
    return std::nullopt;
  }
  return number;
}

bool is_form(const Node& node) {
  const bool some = node.kind == Node::Kind::map && !node.entries.empty();
  return some && node.entries.front().key.starts_with('$') && !node.entries.front().key.starts_with("${") &&
         !node.entries.front().key.starts_with("$$");
}

}  // namespace

crm::Text PresetTexts::text(const Node& node, const std::string& path, const PlaceholderContext& context) {
  std::string text;
  return PlainText().read(node, path, ReadContext{diagnostics_}, text) ? checked(node, path, context) : crm::Text();
}

crm::Text PresetTexts::checked(const Node& node, const std::string& path, const PlaceholderContext& context) {
  const auto parsed = crm::Text::parse(node.text);
  if (!parsed) {
    diagnostics_.report_inside(node, parsed.error().offset, path, parsed.error().what);
    return {};
  }
  check_names(*parsed, node, path, context);
  return *parsed;
}

void PresetTexts::check_names(const crm::Text& text, const Node& node, const std::string& path,
                              const PlaceholderContext& context) {
  const std::vector<const crm::Placeholder*> placeholders = text.placeholders();
  const std::vector<std::size_t> offsets = placeholder_offsets(node.text);
  for (std::size_t index = 0; index < placeholders.size(); ++index) {
    const std::string what = mistake_in(*placeholders[index], context);
    if (!what.empty()) {
      diagnostics_.report_inside(node, offsets.size() == placeholders.size() ? offsets[index] : 0, path, what);
    }
  }
}

std::string PresetTexts::mistake_in(const crm::Placeholder& placeholder, const PlaceholderContext& context) const {
  const std::string& root = placeholder.root;
  const Names roots = roots_of(context);
  if (!contains(roots, root)) {
    const std::string why = why_not_here(root, context);
    return why.empty() ? fmt::format("${{{}}} names nothing that is known{}", root, advice_on(root, roots))
                       : fmt::format("${{{}}} is not known here: {}", root, why);
  }
  if (root == "contact" || root == "activity") {
    return mistake_in_record(placeholder, context);
  }
  if (root == "secret" || root == "token") {
    return mistake_in_credential(placeholder, context);
  }
  if (root == "sink") {
    return mistake_in_sink(placeholder);
  }
  const std::string member = member_of(placeholder);
  const auto one_of = [&](const Names& known, const char* what) -> std::string {
    if (member.empty() || goes_deeper(placeholder)) {
      return fmt::format("${{{}}} needs one name: ${{{}.{}}}, for example", root, root,
                         known.empty() ? "NAME" : known.front());
    }
    return contains(known, member) ? ""
                                   : fmt::format("${{{}.{}}} names {}{}", root, member, what, advice_on(member, known));
  };
  if (root == "config") {
    return one_of(with({"url"}, vocabulary.settings), "no setting of this preset");
  }
  if (root == "mapping") {
    return one_of({"fields", "if_empty", "adopt"}, "nothing of the mapping");
  }
  const bool plain = root == "index" || root == "assertion";
  return plain && (!member.empty() || goes_deeper(placeholder)) ? fmt::format("${{{}}} has no members", root) : "";
}

std::string PresetTexts::mistake_in_record(const crm::Placeholder& placeholder,
                                           const PlaceholderContext& context) const {
  const std::string& root = placeholder.root;
  const bool is_contact = root == "contact";
  const Vocabulary::Records& records = is_contact ? vocabulary.contact : vocabulary.activity;
  const std::string member = member_of(placeholder);
  if (member.empty()) {
    return fmt::format("${{{}}} needs a member: ${{{}.key}}, for example", root, root);
  }
  if (is_contact && !context.mapped && (member == "fields" || member == "remote_id")) {
    return fmt::format("${{contact.{}}} is not known where the fields are mapped", member);
  }
  if (member == "remote_id") {
    return mistake_in_id(root, records);
  }
  if (contains(is_contact ? contact_members : activity_members, member)) {
    const bool deep = is_contact && (member == "user" || member == "fields");
    return goes_deeper(placeholder) && !deep ? fmt::format("${{{}.{}}} has no members", root, member) : "";
  }
  if (records.saved.contains(member)) {
    return {};
  }
  if (records.saved_ever.contains(member)) {
    return fmt::format("${{{}.{}}} is saved by no earlier step: only what a step before this one saves is known", root,
                       member);
  }
  const Names known = with(is_contact ? contact_members : activity_members, records.saved);
  return fmt::format("${{{}.{}}} names nothing of it, and no earlier step saves it{}", root, member,
                     advice_on(member, known));
}

std::string PresetTexts::mistake_in_id(const std::string& root, const Vocabulary::Records& records) {
  return records.has_id ? ""
                        : fmt::format(
                              "${{{}.remote_id}} is never known: no step says where the id stands in an "
                              "answer (`id:` in its reply or find)",
                              root);
}

std::string PresetTexts::mistake_in_sink(const crm::Placeholder& placeholder) const {
  const std::string member = member_of(placeholder);
  if (member.empty() || goes_deeper(placeholder)) {
    return "${sink} needs one name: ${sink.NAME}, which a step with item: sink saves";
  }
  if (vocabulary.sink.saved.contains(member)) {
    return {};
  }
  return fmt::format("${{sink.{}}} is saved by no earlier step with item: sink{}", member,
                     advice_on(member, words_of(vocabulary.sink.saved)));
}

std::string PresetTexts::mistake_in_credential(const crm::Placeholder& placeholder,
                                               const PlaceholderContext& context) const {
  const bool is_secret = placeholder.root == "secret";
  const std::string member = member_of(placeholder);
  if (member.empty() || goes_deeper(placeholder)) {
    return fmt::format("${{{}}} needs one name: ${{{}.NAME}}", placeholder.root, placeholder.root);
  }
  for (std::size_t index = 0; index < vocabulary.credentials.size(); ++index) {
    const Vocabulary::KnownCredential& credential = vocabulary.credentials[index];
    const std::set<std::string>& known = is_secret ? credential.secrets : credential.tokens;
    if ((context.credential && *context.credential != index) || known.contains(member)) {
      continue;
    }
    return fmt::format(
        "${{{}.{}}} is not known with credential {}: {}{}", placeholder.root, member, credential.name,
        is_secret ? "it is not among its `secrets`" : "its token request does not save it under `values`",
        advice_on(member, words_of(known)));
  }
  return {};
}

crm::Tree PresetTexts::tree(const Node& node, const std::string& path, const PlaceholderContext& context,
                            const PlaceholderContext& each_item) {
  return subtree(node, path, TreeContext{context, &each_item});
}

crm::Tree PresetTexts::subtree(const Node& node, const std::string& path, const TreeContext& context) {
  switch (node.kind) {
    case Node::Kind::null:
      return {boost::json::value(nullptr)};
    case Node::Kind::scalar:
      return scalar(node, path, context.here);
    case Node::Kind::sequence: {
      crm::TreeList list;
      for (std::size_t index = 0; index < node.items.size(); ++index) {
        list.elements.push_back(subtree(node.items[index], path_of(path, index), context));
      }
      return {std::move(list)};
    }
    case Node::Kind::map:
      return is_form(node) ? form(node, path, context) : object(node, path, context);
  }
  return {};
}

crm::Tree PresetTexts::scalar(const Node& node, const std::string& path, const PlaceholderContext& context) {
  if (node.quoted) {
    return {checked(node, path, context)};
  }
  if (node.text == "true" || node.text == "false") {
    return {boost::json::value(node.text == "true")};
  }
  if (std::optional<boost::json::value> number = number_of(node.text)) {
    return {std::move(*number)};
  }
  return {text(node, path, context)};
}

crm::Tree PresetTexts::object(const Node& node, const std::string& path, const TreeContext& context) {
  crm::TreeObject result;
  for (const Entry& entry : node.entries) {
    const std::string entry_path = path_of(path, entry.key);
    if (entry.key.starts_with('$') && !entry.key.starts_with("${") && !entry.key.starts_with("$$")) {
      diagnostics_.report(entry.place, entry_path,
                          "must stand first in its map; a key that begins with a dollar is written $$");
      continue;
    }
    Node key;
    key.kind = Node::Kind::scalar;
    key.place = entry.place;
    key.text = entry.key;
    result.members.emplace_back(checked(key, entry_path, context.here), subtree(entry.value, entry_path, context));
  }
  return {std::move(result)};
}

crm::Tree PresetTexts::form(const Node& node, const std::string& path, const TreeContext& context) {
  const Entry& first = node.entries.front();
  const bool valued = first.key == "$each" || first.key == "$if";
  for (const Entry& entry : node.entries) {
    if (&entry != &first && !(valued && entry.key == "value")) {
      diagnostics_.report(entry.place, path_of(path, entry.key),
                          valued
                              ? fmt::format("does not belong to {}, which takes a `value` and nothing else", first.key)
                              : fmt::format("does not belong to {}, which stands alone", first.key));
    }
  }
  if (first.key == "$each") {
    return each_form(node, path, context);
  }
  if (first.key == "$if") {
    return if_form(node, path, context);
  }
  const std::string form_path = path_of(path, first.key);
  if (first.key == "$merge") {
    return {crm::MergeForm{parts(first.value, form_path, context)}};
  }
  if (first.key == "$concat") {
    return {crm::ConcatForm{parts(first.value, form_path, context)}};
  }
  diagnostics_.report(first.place, form_path,
                      fmt::format("is no form of a tree{}; a key that begins with a dollar is written $$",
                                  advice_on(first.key, {"$each", "$if", "$merge", "$concat"})));
  return {};
}

const Node* PresetTexts::value_of(const Node& form, const std::string& path) {
  const Entry* value = form.find("value");
  if (value == nullptr) {
    diagnostics_.report(form.entries.front().place, path,
                        fmt::format("lacks its `value`: {{{}: ..., value: ...}}", form.entries.front().key));
  }
  return value == nullptr ? nullptr : &value->value;
}

crm::Tree PresetTexts::each_form(const Node& node, const std::string& path, const TreeContext& context) {
  const Node& list = node.entries.front().value;
  const std::string list_path = path_of(path, std::string("$each"));
  crm::EachForm form;
  form.items = list.kind == Node::Kind::scalar && list.text == "items";
  TreeContext inside = context;
  if (form.items) {
    inside.here = *context.item;
    inside.here.each = context.here.each;
  } else {
    form.list = text(list, list_path, context.here);
    inside.here.each = true;
    inside.here.index = true;
    const bool is_placeholder =
        list.text.starts_with("${") && list.text.ends_with("}") && form.list.placeholders().size() <= 1;
    if (list.kind == Node::Kind::scalar && !is_placeholder) {
      diagnostics_.report(list, list_path, "must be `items`, or one placeholder that gives a list");
    }
  }
  const Node* value = value_of(node, path);
  form.value = std::make_shared<const crm::Tree>(
      value == nullptr ? crm::Tree{} : subtree(*value, path_of(path, std::string("value")), inside));
  return {std::move(form)};
}

crm::Tree PresetTexts::if_form(const Node& node, const std::string& path, const TreeContext& context) {
  crm::IfForm form;
  form.condition = text(node.entries.front().value, path_of(path, std::string("$if")), context.here);
  const Node* value = value_of(node, path);
  form.value = std::make_shared<const crm::Tree>(
      value == nullptr ? crm::Tree{} : subtree(*value, path_of(path, std::string("value")), context));
  return {std::move(form)};
}

std::vector<crm::Tree> PresetTexts::parts(const Node& node, const std::string& path, const TreeContext& context) {
  std::vector<crm::Tree> result;
  if (node.kind != Node::Kind::sequence) {
    diagnostics_.report(node, path, "must be a list of trees");
    return result;
  }
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    result.push_back(subtree(node.items[index], path_of(path, index), context));
  }
  return result;
}

}  // namespace elit::config
