#include "config/presets/preset_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <string>

#include "config/presets/preset_table.hpp"
#include "config/presets/shipped_presets.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

json::array strings(const std::vector<std::string>& words) {
  json::array array;
  for (const std::string& word : words) {
    array.emplace_back(word);
  }
  return array;
}

std::string definition_name(const PresetMap& map) {
  std::string name = map.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

json::object reference_to(const PresetMap& map) {
  return {{"$ref", "#/$defs/" + definition_name(map)}};
}

// One of them or a list of them.
json::object one_or_list(const json::object& schema) {
  const json::object list{{"type", "array"}, {"items", schema}};
  return {{"anyOf", json::array{schema, list}}};
}

json::object by_name(const json::object& schema) {
  return {{"type", "object"}, {"additionalProperties", schema}};
}

// A number with a unit, or 0.
json::object amount(const char* pattern) {
  const json::object text{{"type", "string"}, {"pattern", pattern}};
  const json::object zero{{"const", 0}};
  return {{"anyOf", json::array{text, zero}}};
}

json::object locator_schema(const PresetMap& map) {
  const json::object pointer{{"type", "string"}};
  return {{"anyOf", json::array{pointer, reference_to(map)}}};
}

json::object value_schema(const PresetKey& key) {
  using Form = PresetKey::Form;
  const json::object plain{{"type", json::array{"string", "number", "boolean"}}};
  const json::object text{{"type", json::array{"string", "number", "boolean", "null"}}};
  switch (key.form) {
    case Form::plain:
      return plain;
    case Form::plains:
      return one_or_list(plain);
    case Form::text:
      return text;
    case Form::texts:
      return one_or_list(text);
    case Form::by_name:
      return by_name(text);
    case Form::tree:
      return {};
    case Form::pointer:
    case Form::pattern:
      return {{"type", "string"}};
    case Form::flag:
      return {{"type", "boolean"}};
    case Form::whole:
      return {{"type", "integer"}, {"minimum", key.min}, {"maximum", key.max}};
    case Form::real:
      return {{"type", "number"}, {"minimum", key.min}, {"maximum", key.max}};
    case Form::duration:
      return amount("^(0|[0-9]+(ms|s|m|h|d))$");
    case Form::size:
      return amount("^(0|[0-9]+(B|KiB|MiB|GiB))$");
    case Form::word:
      return {{"enum", strings(key.words)}};
    case Form::words:
      return one_or_list({{"enum", strings(key.words)}});
    case Form::statuses: {
      const json::object number{{"type", "integer"}, {"minimum", 100}, {"maximum", 599}};
      const json::object range{{"type", "string"}, {"pattern", "^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$"}};
      return one_or_list({{"anyOf", json::array{number, range}}});
    }
    case Form::locator:
      return locator_schema(*key.map);
    case Form::locators:
      return by_name(locator_schema(*key.map));
    case Form::map:
      return reference_to(*key.map);
    case Form::maps:
      return one_or_list(reference_to(*key.map));
    case Form::list:
      return {{"type", "array"}, {"items", reference_to(*key.map)}};
    case Form::maps_by_name:
      return by_name(reference_to(*key.map));
  }
  return {};
}

json::object map_schema(const PresetMap& map) {
  json::object properties;
  json::array required;
  for (const PresetKey& key : map.keys) {
    json::object schema{{"description", key.doc}};
    for (const auto& member : value_schema(key)) {
      schema[member.key()] = member.value();
    }
    properties[key.key] = std::move(schema);
    if (key.required) {
      required.emplace_back(key.key);
    }
  }
  json::object schema{{"type", "object"}, {"description", map.doc}, {"properties", properties}};
  if (!required.empty()) {
    schema["required"] = required;
  }
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

json::value preset_schema() {
  json::object definitions;
  for (const PresetMap* map : preset_maps()) {
    definitions[definition_name(*map)] = map_schema(*map);
  }
  // The keys of layers, see preset_layers.hpp.
  const json::object extends{{"description", "The shipped preset that this one is laid over."},
                             {"enum", strings(shipped_preset_names())}};
  const json::object remove{{"description", "In a preset that extends another one: the step goes."}, {"const", true}};
  definitions["step"].at("properties").as_object()["remove"] = remove;
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Preset of a CRM for elitbuzz-sync"}};
  for (auto& member : definitions["preset"].as_object()) {
    schema[member.key()] = member.value();
  }
  definitions.erase("preset");
  schema["properties"].as_object()["extends"] = extends;
  const json::object extending{{"required", json::array{"extends"}}};
  const json::object whole{{"required", json::array{"credentials", "steps"}}};
  schema["anyOf"] = json::array{extending, whole};
  schema["$defs"] = std::move(definitions);
  return schema;
}

}  // namespace elit::config
