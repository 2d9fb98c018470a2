#include "config/yaml/value_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/yaml/scalars.hpp"
#include "core/text/closest_match.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

constexpr const char* one_line_only = "must not hold control characters or line breaks";

// Text that YAML reads back unchanged without quotes.
bool is_plain(const std::string& text) {
  const auto letter = [](char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); };
  if (text.empty() || text == "true" || text == "false" || text == "null" || text == "yes" || text == "no" ||
      (!letter(text.front()) && text.front() != '/')) {
    return false;
  }
  for (const char byte : text) {
    const bool digit = byte >= '0' && byte <= '9';
    if (!letter(byte) && !digit && std::string_view("/._-:{}").find(byte) == std::string_view::npos) {
      return false;
    }
  }
  return text.back() != ':';
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') {
      result += '\\';
    }
    result += byte;
  }
  return result + '"';
}

// Whether YAML keeps the text as it is; a mistake otherwise. `booleans`: true and false are allowed too.
bool is_kept(const Node& node, const std::string& path, const ReadContext& context, bool booleans) {
  const auto advice = node.quoted ? std::nullopt : needs_quotes(node.text, !booleans);
  return !advice || fail(node, path, context, *advice);
}

bool is_unquoted_number(const Node& node, const std::string& path, const ReadContext& context) {
  return is_scalar(node, path, context) &&
         (!node.quoted || fail(node, path, context, "must be a number: remove the quotes"));
}

// Takes a number that was read, if it is within the bounds.
template <class Number>
bool take(const Reading<Number>& reading, Number min, Number max, const FieldDescription& about, const Node& node,
          const std::string& path, const ReadContext& context, Number& value) {
  if (const auto* what = std::get_if<std::string>(&reading)) {
    return fail(node, path, context, *what);
  }
  const Number number = std::get<Number>(reading);
  if (!(number >= min && number <= max)) {
    return fail(node, path, context, fmt::format("must be {}, not {}", about.bounds, printable(node.text)));
  }
  value = number;
  return true;
}

template <class Kind>
FieldDescription described(const Kind& kind) {
  FieldDescription about;
  kind.describe(about);
  return about;
}

// A number with a unit, or 0.
json::object amount_schema(const char* pattern) {
  const json::object text{{"type", "string"}, {"pattern", pattern}};
  const json::object zero{{"const", 0}};
  return {{"anyOf", json::array{text, zero}}};
}

}  // namespace

std::string block_text(const std::string& text) {
  return is_plain(text) ? text : quoted(text);
}

std::string flow_text(const std::string& text) {
  return is_plain(text) && text.find_first_of("{}") == std::string::npos ? text : quoted(text);
}

std::string what_is(const Node& node) {
  static constexpr std::array<const char*, 4> words{"nothing", "a single value", "a list", "a map"};
  return words.at(static_cast<std::size_t>(node.kind));
}

bool fail(const Node& node, const std::string& path, const ReadContext& context, std::string what) {
  context.diagnostics.report(node, path, std::move(what));
  return false;
}

bool is_scalar(const Node& node, const std::string& path, const ReadContext& context) {
  return node.kind == Node::Kind::scalar ||
         fail(node, path, context, fmt::format("must be a single value, not {}", what_is(node)));
}

bool is_map_of_names(const Node& node, const std::string& path, const ReadContext& context) {
  return node.kind == Node::Kind::map ||
         fail(node, path, context, fmt::format("must be a map of names to values, not {}", what_is(node)));
}

bool is_one_line(const Node& node, const std::string& path, const ReadContext& context) {
  return !has_control_characters(node.text) || fail(node, path, context, one_line_only);
}

json::array json_strings(const std::vector<std::string>& words) {
  json::array array;
  for (const std::string& word : words) {
    array.emplace_back(word);
  }
  return array;
}

void Text::describe(FieldDescription& about) const {
  json::array types{"string", "integer"};
  if (rule.booleans) {
    types.emplace_back("boolean");
  }
  about.type = rule.means;
  about.schema = {{"type", types}, {"pattern", rule.pattern}};
}

bool Text::read(const Node& node, const std::string& path, const ReadContext& context, std::string& value) const {
  if (!is_scalar(node, path, context) || !is_one_line(node, path, context) ||
      !is_kept(node, path, context, rule.booleans)) {
    return false;
  }
  if (const auto problem = rule.problem(node.text)) {
    return fail(node, path, context, *problem);
  }
  value = node.text;
  return true;
}

std::string Text::write(const std::string& value) const {
  return block_text(value);
}

void PlainText::describe(FieldDescription& about) const {
  about.type = "plain text";
  about.schema = {{"type", json::array{"string", "number", "boolean"}}};
}

bool PlainText::read(const Node& node, const std::string& path, const ReadContext& context, std::string& value) const {
  if (!is_scalar(node, path, context) || !is_kept(node, path, context, true) ||
      (one_line && !is_one_line(node, path, context))) {
    return false;
  }
  value = node.text;
  return true;
}

void Flag::describe(FieldDescription& about) const {
  about.type = "`true` or `false`";
  about.schema = {{"type", "boolean"}};
}

bool Flag::read(const Node& node, const std::string& path, const ReadContext& context, bool& value) const {
  if (!is_scalar(node, path, context)) {
    return false;
  }
  if (node.quoted) {
    return fail(node, path, context, "must be true or false, without quotes");
  }
  if (node.text == "true" || node.text == "false") {
    value = node.text == "true";
    return true;
  }
  static const std::vector<std::string> yes{"yes", "Yes", "on", "True", "TRUE", "1"};
  static const std::vector<std::string> no{"no", "No", "off", "False", "FALSE", "0"};
  for (const auto* spellings : {&yes, &no}) {
    if (std::find(spellings->begin(), spellings->end(), node.text) != spellings->end()) {
      return fail(node, path, context,
                  fmt::format("must be true or false: did you mean {}?", spellings == &yes ? "true" : "false"));
    }
  }
  return fail(node, path, context, fmt::format("must be true or false, not \"{}\"", printable(node.text)));
}

void Whole::describe(FieldDescription& about) const {
  about.type = "whole number";
  about.schema = {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
  about.bounds = max == unbounded ? fmt::format("at least {}", min) : fmt::format("between {} and {}", min, max);
  about.min = min;
  about.max = max;
}

bool Whole::read(const Node& node, const std::string& path, const ReadContext& context, std::int64_t& value) const {
  return is_unquoted_number(node, path, context) &&
         take(read_whole(node.text), min, max, described(*this), node, path, context, value);
}

void Real::describe(FieldDescription& about) const {
  about.type = "number";
  about.schema = {{"type", "number"}, {"minimum", min}, {"maximum", max}};
  about.bounds = fmt::format("between {} and {}", min, max);
  about.min = min;
  about.max = max;
}

bool Real::read(const Node& node, const std::string& path, const ReadContext& context, double& value) const {
  return is_unquoted_number(node, path, context) &&
         take(read_real(node.text), static_cast<double>(min), static_cast<double>(max), described(*this), node, path,
              context, value);
}

std::string Real::write(double value) const {
  return fmt::format("{}", value);
}

void Duration::describe(FieldDescription& about) const {
  about.type = "duration";
  about.schema = amount_schema("^(0|[0-9]+(ms|s|m|h|d))$");
  about.bounds = fmt::format("between {} and {}", min.count() == 0 ? "0" : duration_text(min), duration_text(max));
  about.min = min.count();
  about.max = max.count();
}

bool Duration::read(const Node& node, const std::string& path, const ReadContext& context, Milliseconds& value) const {
  return is_scalar(node, path, context) &&
         take(read_duration(node.text), min, max, described(*this), node, path, context, value);
}

std::string Duration::write(Milliseconds value) const {
  return duration_text(value);
}

void Size::describe(FieldDescription& about) const {
  about.type = "size";
  about.schema = amount_schema("^(0|[0-9]+(B|KiB|MiB|GiB))$");
  about.bounds = fmt::format("between {} and {}", min == 0 ? "0" : size_text(min), size_text(max));
  about.min = min;
  about.max = max;
}

bool Size::read(const Node& node, const std::string& path, const ReadContext& context, std::int64_t& value) const {
  return is_scalar(node, path, context) &&
         take(read_size(node.text), min, max, described(*this), node, path, context, value);
}

std::string Size::write(std::int64_t value) const {
  return size_text(value);
}

void Word::describe(FieldDescription& about) const {
  about.type = fmt::format("`{}`", fmt::join(words_, "`, `"));
  about.schema = {{"type", "string"}, {"enum", json_strings(words_)}};
  about.choices = words_;
}

std::optional<std::size_t> Word::find(const Node& node, const std::string& path, const ReadContext& context) const {
  if (!is_scalar(node, path, context) || !is_one_line(node, path, context)) {
    return std::nullopt;
  }
  const auto found = std::find(words_.begin(), words_.end(), node.text);
  if (found != words_.end()) {
    return static_cast<std::size_t>(found - words_.begin());
  }
  const std::optional<std::string> near = closest_match(node.text, words_);
  fail(node, path, context,
       fmt::format("must be one of {}, not \"{}\"{}", fmt::join(words_, ", "), printable(node.text),
                   near ? fmt::format(": did you mean {}?", *near) : ""));
  return std::nullopt;
}

void Subset::describe(FieldDescription& about) const {
  word.describe(about);
  about.type = "list of " + about.type;
  about.schema = {{"type", "array"}, {"items", about.schema}, {"uniqueItems", true}};
}

bool Subset::read(const Node& node, const std::string& path, const ReadContext& context, Value& value) const {
  if (node.kind != Node::Kind::sequence) {
    return fail(node, path, context,
                fmt::format("must be a list of {}, not {}", fmt::join(described(*this).choices, ", "), what_is(node)));
  }
  Value chosen;
  bool sound = true;
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    const Node& item = node.items[index];
    const std::string item_path = path_of(path, index);
    const std::optional<std::size_t> found = word.find(item, item_path, context);
    if (!found) {
      sound = false;
    } else if (std::find(chosen.begin(), chosen.end(), item.text) != chosen.end()) {
      sound = fail(item, item_path, context, fmt::format("is \"{}\" a second time", printable(item.text)));
    } else {
      chosen.push_back(word.at(*found));
    }
  }
  if (sound) {
    value = std::move(chosen);
  }
  return sound;
}

std::string Subset::write(const Value& value) const {
  return fmt::format("[{}]", fmt::join(value, ", "));
}

Choice<std::string> words(const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> words;
  words.reserve(names.size());
  for (const std::string& name : names) {
    words.emplace_back(name, name);
  }
  return Choice<std::string>(words);
}

}  // namespace elit::config
