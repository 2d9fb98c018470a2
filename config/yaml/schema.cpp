#include "config/yaml/schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <set>

namespace elit::config {
namespace {

namespace json = boost::json;
using Shape = FieldDescription::Shape;

// The values of the discriminator for a kind of element.
json::object condition_of(const SectionDescription& section, const std::string& kind) {
  json::array values;
  for (const FieldDescription& field : section.fields) {
    for (const std::string& value : field.key == section.discriminator ? field.choices : std::vector<std::string>()) {
      if (kind_of(section, value) == kind) {
        values.emplace_back(value);
      }
    }
  }
  return values.size() == 1 ? json::object{{"const", values.front()}} : json::object{{"enum", values}};
}

// The keys that one kind of element requires and forbids.
json::object variant_schema(const SectionDescription& section, const std::string& kind) {
  json::array required;
  json::object forbidden;
  for (const FieldDescription& field : section.fields) {
    if (!applies(field, kind)) {
      forbidden[field.key] = false;
    } else if (is_required(field, kind) && (!field.when.empty() || !field.required)) {
      required.emplace_back(field.key);
    }
  }
  const json::object properties{{section.discriminator, condition_of(section, kind)}};
  const json::object condition{{"properties", properties}};
  const json::object consequence{{"required", required}, {"properties", forbidden}};
  return {{"if", condition}, {"then", consequence}};
}

json::object value_schema(const FieldDescription& field, Nesting nesting) {
  if (nesting == Nesting::by_reference || field.shape == Shape::value) {
    return field.schema;
  }
  json::object section = section_schema(*field.section, nesting);
  return field.shape == Shape::section
             ? section
             : json::object{{"type", "array"}, {"minItems", field.min}, {"items", std::move(section)}};
}

}  // namespace

json::object section_schema(const SectionDescription& section, Nesting nesting) {
  json::object properties;
  json::array required;
  std::set<std::string> kinds;
  for (const FieldDescription& field : section.fields) {
    json::object schema{
        {"description", field.bounds.empty() ? field.doc : field.doc + " Must be " + field.bounds + "."}};
    for (const auto& member : value_schema(field, nesting)) {
      schema[member.key()] = member.value();
    }
    properties[field.key] = std::move(schema);
    if (field.required && field.when.empty()) {
      required.emplace_back(field.key);
    }
    kinds.insert(field.when.begin(), field.when.end());
  }
  json::object schema{{"type", "object"}};
  if (nesting == Nesting::by_reference) {
    schema["description"] = section.doc;
  }
  schema["properties"] = std::move(properties);
  schema["additionalProperties"] = false;
  if (!required.empty()) {
    schema["required"] = std::move(required);
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

std::string definition_name(const SectionDescription& section) {
  std::string name = section.title;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

}  // namespace elit::config
