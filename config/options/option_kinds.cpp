#include "config/options/option_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "config/presets/shipped_presets.hpp"
#include "config/yaml/scalars.hpp"
#include "core/ascii.hpp"
#include "core/letter_case.hpp"
#include "core/text/closest_match.hpp"
#include "core/text/time_text.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

constexpr const char* secret_forms = "{file: PATH}, {env: NAME} or {credential: NAME}";
const std::vector<std::string> secret_kinds{"file", "env", "credential"};

bool is_variable_name(const std::string& name) {
  const auto letter = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char byte) { return letter(byte) || is_digit(byte); });
}

bool is_credential_name(const std::string& name) {
  return name.size() <= 255 && name.find('/') == std::string::npos && name != "." && name != "..";
}

json::object secret_schema() {
  const auto one = [](const std::string& key) {
    return json::object{{"type", "object"},
                        {"properties", {{key, {{"type", "string"}, {"minLength", 1}}}}},
                        {"required", json::array{key}},
                        {"additionalProperties", false}};
  };
  return {{"oneOf", json::array{one("file"), one("env"), one("credential")}}};
}

bool is_header_name(const HeadersOption::Value& headers, const Entry& entry, const std::string& path,
                    const OptionContext& context) {
  if (const auto problem = header_name_problem(entry.key)) {
    context.diagnostics.report(entry.place, path, *problem);
    return false;
  }
  for (const auto& [name, value] : headers) {
    if (to_lower_case(name) == to_lower_case(entry.key)) {
      context.diagnostics.report(entry.place, path,
                                 fmt::format("is the same header as {}: names differ only in case", name));
      return false;
    }
  }
  return true;
}

bool read_header(const Entry& entry, const std::string& path, const OptionContext& context, HeaderValue& value) {
  const Node& node = entry.value;
  if (node.kind == Node::Kind::null) {
    return fail(node, path, context, no_value);
  }
  if (node.kind == Node::Kind::map || is_secret_header(entry.key)) {
    SecretReference reference;
    const bool sound = SecretOption::read(node, path, context, reference);
    value = std::move(reference);
    return sound;
  }
  if (node.kind != Node::Kind::scalar) {
    return fail(node, path, context, fmt::format("must be text or a secret ({}), not {}", secret_forms, what_is(node)));
  }
  value = node.text;
  return is_one_line(node, path, context);
}

// A value that begins with a slash is a pointer into the user's element.
bool read_field_value(const Node& node, const std::string& path, const OptionContext& context, const std::string& text,
                      std::string& value) {
  if (!text.starts_with('/')) {
    value = text;
    return true;
  }
  if (const auto problem = rules::json_pointer.problem(text)) {
    return fail(node, path, context, *problem);
  }
  if (text.find_first_of("|}") != std::string::npos) {
    return fail(node, path, context, "must not hold '|' or '}': a placeholder ends there");
  }
  value = "${contact.user" + text + "}";
  return true;
}

bool read_field_member(const Entry& entry, const std::string& path, const OptionContext& context, FieldOption& field) {
  std::string text;
  if (!PlainText{true}.read(entry.value, path, context, text)) {
    return false;
  }
  if (entry.key == "value") {
    return read_field_value(entry.value, path, context, text, field.value);
  }
  if (entry.key != "policy") {
    context.diagnostics.report(entry.place, path, "is not a known key; known here are value, policy");
    return false;
  }
  field.if_empty = text == "if_empty";
  return field.if_empty || text == "always" || fail(entry.value, path, context, "must be always or if_empty");
}

std::vector<std::pair<std::string, std::pair<SinkType, std::string>>> sink_types() {
  std::vector<std::pair<std::string, std::pair<SinkType, std::string>>> types{
      {"http", {SinkType::http, ""}}, {"file", {SinkType::file, ""}}, {"custom", {SinkType::crm, "custom"}}};
  for (const std::string& name : shipped_preset_names()) {
    types.push_back({name, {SinkType::crm, name}});
  }
  return types;
}

}  // namespace

void PathOption::describe(FieldDescription& about) {
  about.type = "path";
  about.schema = {{"type", "string"}, {"minLength", 1}};
}

bool PathOption::read(const Node& node, const std::string& path, const OptionContext& context, std::string& value) {
  if (!is_scalar(node, path, context) || !is_one_line(node, path, context)) {
    return false;
  }
  if (node.text.empty()) {
    return fail(node, path, context, "must be a path, and is empty");
  }
  if (node.text == "~" || node.text.starts_with("~/")) {
    return fail(node, path, context, "must be a path without '~': write the home directory out");
  }
  if (node.text.size() > 4000) {
    return fail(node, path, context, "is too long for a path");
  }
  std::filesystem::path resolved = (context.directory / node.text).lexically_normal();
  if (!resolved.has_filename() && resolved.has_relative_path()) {
    resolved = resolved.parent_path();
  }
  value = resolved.string();
  return true;
}

void InstantOption::describe(FieldDescription& about) {
  about.type = "instant in UTC";
  about.schema = {{"type", "string"}, {"format", "date-time"}};
}

bool InstantOption::read(const Node& node, const std::string& path, const OptionContext& context, Instant& value) {
  if (!is_scalar(node, path, context)) {
    return false;
  }
  const Reading<Instant> reading = read_instant(node.text, context.now);
  if (const auto* what = std::get_if<std::string>(&reading)) {
    return fail(node, path, context, *what);
  }
  value = std::get<Instant>(reading);
  return true;
}

std::string InstantOption::write(Instant value) {
  std::string text = to_rfc3339(value);
  const std::size_t whole = text.find(".000Z");
  return whole == std::string::npos ? text : text.erase(whole, 4);
}

void SecretOption::describe(FieldDescription& about) {
  about.type = "secret";
  about.schema = secret_schema();
}

bool SecretOption::read(const Node& node, const std::string& path, const OptionContext& context,
                        SecretReference& value) {
  if (node.kind != Node::Kind::map) {
    return fail(node, path, context,
                fmt::format("must not hold the secret itself: write {} that says where it is", secret_forms));
  }
  if (node.entries.size() != 1) {
    return fail(node, path, context,
                fmt::format("must have exactly one of file, env and credential: {}", secret_forms));
  }
  const Entry& entry = node.entries.front();
  const auto kind = std::find(secret_kinds.begin(), secret_kinds.end(), entry.key);
  if (kind == secret_kinds.end()) {
    const std::optional<std::string> near = closest_match(entry.key, secret_kinds);
    context.diagnostics.report(entry.place, path,
                               fmt::format("must be {}{}", secret_forms, near ? ": did you mean " + *near + "?" : ""));
    return false;
  }
  const Node& name = entry.value;
  const std::string name_path = path_of(path, entry.key);
  if (name.kind != Node::Kind::scalar || name.text.empty()) {
    return fail(name, name_path, context, fmt::format("must be the name in {}", secret_forms));
  }
  value.kind = static_cast<SecretReference::Kind>(kind - secret_kinds.begin());
  value.name = name.text;
  switch (value.kind) {
    case SecretReference::Kind::file:
      return PathOption::read(name, name_path, context, value.name);
    case SecretReference::Kind::environment:
      return is_one_line(name, name_path, context) &&
             (is_variable_name(name.text) ||
              fail(name, name_path, context, "must be the name of an environment variable"));
    case SecretReference::Kind::credential:
      return is_one_line(name, name_path, context) &&
             (is_credential_name(name.text) ||
              fail(name, name_path, context, "must be the name of a systemd credential, without '/'"));
  }
  return false;
}

std::string SecretOption::write_inside(const SecretReference& value) {
  return fmt::format("{{{}: {}}}", secret_kinds.at(static_cast<std::size_t>(value.kind)), flow_text(value.name));
}

void HeadersOption::describe(FieldDescription& about) {
  const json::object text{{"type", json::array{"string", "number", "boolean"}}};
  about.type = "map of header names to text or secrets";
  about.schema = {{"type", "object"},
                  {"additionalProperties", json::object{{"anyOf", json::array{text, secret_schema()}}}}};
}

bool HeadersOption::read(const Node& node, const std::string& path, const OptionContext& context, Value& value) {
  if (!is_map_of_names(node, path, context)) {
    return false;
  }
  bool sound = true;
  for (const Entry& entry : node.entries) {
    const std::string entry_path = path_of(path, entry.key);
    context.diagnostics.origins[entry_path] = entry.place;
    HeaderValue header;
    const bool is_sound =
        is_header_name(value, entry, entry_path, context) && read_header(entry, entry_path, context, header);
    sound = is_sound && sound;
    value[entry.key] = std::move(header);
  }
  return sound;
}

std::string HeadersOption::write(const Value& value) {
  std::string result;
  for (const auto& [name, header] : value) {
    const auto* reference = std::get_if<SecretReference>(&header);
    result += fmt::format(
        "{}{}: {}", result.empty() ? "" : ", ", flow_text(name),
        reference != nullptr ? SecretOption::write_inside(*reference) : flow_text(std::get<std::string>(header)));
  }
  return "{" + result + "}";
}

void ContactFieldOption::describe(FieldDescription& about) {
  const json::object pointer{{"type", "string"}, {"pattern", rules::json_pointer.pattern}};
  const json::object text{{"type", "string"}};
  const json::object policy{{"type", "string"}, {"enum", json::array{"always", "if_empty"}}};
  const json::object members{{"value", text}, {"policy", policy}};
  const json::object whole{
      {"type", "object"}, {"properties", members}, {"required", json::array{"value"}}, {"additionalProperties", false}};
  about.schema = {{"anyOf", json::array{pointer, whole}}};
}

bool ContactFieldOption::read(const Node& node, const std::string& path, const OptionContext& context,
                              FieldOption& value) {
  if (node.kind != Node::Kind::map) {
    std::string text;
    if (!PlainText{true}.read(node, path, context, text)) {
      return false;
    }
    if (!text.empty() && !text.starts_with('/')) {
      return fail(node, path, context,
                  "must be a JSON pointer into the user's element of the Users API, such as /user.phone_no, or "
                  "{value: \"${contact.name}\"}");
    }
    return read_field_value(node, path, context, text, value.value);
  }
  for (const Entry& entry : node.entries) {
    const std::string entry_path = path_of(path, entry.key);
    context.diagnostics.origins[entry_path] = entry.value.place;
    if (!read_field_member(entry, entry_path, context, value)) {
      return false;
    }
  }
  return node.find("value") != nullptr || fail(node, path, context, "lacks its value: {value: ...}");
}

std::string ContactFieldOption::write_inside(const FieldOption& value) {
  return fmt::format("{{value: {}{}}}", flow_text(value.value), value.if_empty ? ", policy: if_empty" : "");
}

SinkTypeOption::SinkTypeOption() : type_(sink_types()) {}

bool SinkTypeOption::read(const Node& node, const std::string& path, const OptionContext& context,
                          SinkOptions& value) const {
  std::pair<SinkType, std::string> type;
  const bool sound = type_.read(node, path, context, type);
  if (sound) {
    std::tie(value.type, value.crm) = std::move(type);
  }
  return sound;
}

}  // namespace elit::config
