#include "config/options/json_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <set>

#include "config/options/json_text.hpp"
#include "config/options/option.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

json::object section_schema(const Section& section);

json::array strings(const std::vector<std::string>& words) {
  json::array array;
  for (const std::string& word : words) {
    array.emplace_back(word);
  }
  return array;
}

// One of the three forms of a reference to a secret.
json::object secret_schema() {
  const auto one = [](const char* key) {
    return json::object{{"type", "object"},
                        {"properties", {{key, {{"type", "string"}, {"minLength", 1}}}}},
                        {"required", json::array{key}},
                        {"additionalProperties", false}};
  };
  return {{"oneOf", json::array{one("file"), one("env"), one("credential")}}};
}

// The value of a field of a CRM.
json::object field_schema() {
  const json::object pointer{{"type", "string"}, {"pattern", rules::json_pointer.pattern}};
  const json::object text{{"type", "string"}};
  const json::object policy{{"type", "string"}, {"enum", json::array{"always", "if_empty"}}};
  const json::object members{{"value", text}, {"policy", policy}};
  const json::object whole{
      {"type", "object"}, {"properties", members}, {"required", json::array{"value"}}, {"additionalProperties", false}};
  return {{"anyOf", json::array{pointer, whole}}};
}

// A number with a unit, or 0.
json::object amount_schema(const char* pattern) {
  const json::object text{{"type", "string"}, {"pattern", pattern}};
  const json::object zero{{"const", 0}};
  return {{"anyOf", json::array{text, zero}}};
}

json::object text_schema(const Option& option) {
  json::array types{"string", "integer"};
  if (option.rule->booleans) {
    types.emplace_back("boolean");
  }
  return {{"type", types}, {"pattern", option.rule->pattern}};
}

json::object value_schema(const Option& option) {
  using Kind = Option::Kind;
  switch (option.kind) {
    case Kind::text:
      return text_schema(option);
    case Kind::path:
      return {{"type", "string"}, {"minLength", 1}};
    case Kind::flag:
      return {{"type", "boolean"}};
    case Kind::whole:
      return {{"type", "integer"}, {"minimum", option.min}, {"maximum", option.max}};
    case Kind::real:
      return {{"type", "number"}, {"minimum", option.min / 1000}, {"maximum", option.max / 1000}};
    case Kind::duration:
      return amount_schema("^(0|[0-9]+(ms|s|m|h|d))$");
    case Kind::size:
      return amount_schema("^(0|[0-9]+(B|KiB|MiB|GiB))$");
    case Kind::instant:
      return {{"type", "string"}, {"format", "date-time"}};
    case Kind::choice:
      return {{"type", "string"}, {"enum", strings(option.choices)}};
    case Kind::secret:
      return secret_schema();
    case Kind::headers: {
      const json::object text{{"type", json::array{"string", "number", "boolean"}}};
      return {{"type", "object"},
              {"additionalProperties", json::object{{"anyOf", json::array{text, secret_schema()}}}}};
    }
    case Kind::words: {
      const json::object word{{"type", "string"}, {"enum", strings(option.choices)}};
      return {{"type", "object"}, {"additionalProperties", word}};
    }
    case Kind::subset:
      return {{"type", "array"},
              {"items", json::object{{"type", "string"}, {"enum", strings(option.choices)}}},
              {"uniqueItems", true}};
    case Kind::secrets:
      return {{"type", "object"}, {"additionalProperties", secret_schema()}};
    case Kind::texts: {
      const json::object text{{"type", json::array{"string", "number", "boolean"}}};
      return {{"type", "object"}, {"additionalProperties", text}};
    }
    case Kind::fields:
      return {{"type", "object"}, {"additionalProperties", field_schema()}};
    case Kind::group:
      return section_schema(*option.section);
    case Kind::list:
      return {{"type", "array"}, {"minItems", option.min}, {"items", section_schema(*option.section)}};
  }
  return {};
}

std::string description(const Option& option) {
  const std::string bounds = bounds_text(option);
  return bounds.empty() ? option.doc : option.doc + " " + "Must be " + bounds + ".";
}

// The values of the discriminator for a kind of element.
json::object condition_of(const Section& section, const std::string& kind) {
  json::array values;
  for (const Option& option : section.options) {
    for (const std::string& value : option.key == section.discriminator ? option.choices : std::vector<std::string>()) {
      if (kind_of(section, value) == kind) {
        values.emplace_back(value);
      }
    }
  }
  return values.size() == 1 ? json::object{{"const", values.front()}} : json::object{{"enum", values}};
}

// The keys that one kind of element requires and forbids.
json::object variant_schema(const Section& section, const std::string& kind) {
  json::array required;
  json::object forbidden;
  for (const Option& option : section.options) {
    if (!applies(option, kind)) {
      forbidden[option.key] = false;
    } else if (is_required(option, kind) && (!option.when.empty() || !option.required)) {
      required.emplace_back(option.key);
    }
  }
  const json::object properties{{section.discriminator, condition_of(section, kind)}};
  const json::object condition{{"properties", properties}};
  const json::object consequence{{"required", required}, {"properties", forbidden}};
  return {{"if", condition}, {"then", consequence}};
}

json::object section_schema(const Section& section) {
  json::object properties;
  json::array required;
  std::set<std::string> kinds;
  for (const Option& option : section.options) {
    json::object schema{{"description", description(option)}};
    for (const auto& member : value_schema(option)) {
      schema[member.key()] = member.value();
    }
    properties[option.key] = std::move(schema);
    if (option.required && option.when.empty()) {
      required.emplace_back(option.key);
    }
    kinds.insert(option.when.begin(), option.when.end());
  }
  json::object schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) {
    schema["required"] = required;
  }
  json::array conditions;
  for (const std::string& kind : kinds) {
    conditions.push_back(variant_schema(section, kind));
  }
  if (!conditions.empty()) {
    schema["allOf"] = std::move(conditions);
  }
  return schema;
}

}  // namespace

std::string json_schema() {
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Configuration of elitbuzz-sync"}};
  for (const auto& member : section_schema(option_table())) {
    schema[member.key()] = member.value();
  }
  return to_pretty_json(schema);
}

}  // namespace elit::config
