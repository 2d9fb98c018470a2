#include "config/presets/preset_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/presets/preset_table.hpp"
#include "config/presets/shipped_presets.hpp"
#include "config/yaml/schema.hpp"

namespace elit::config {

namespace json = boost::json;

json::value preset_schema() {
  json::object definitions;
  for (const SectionDescription* map : preset_maps()) {
    definitions[definition_name(*map)] = section_schema(*map, Nesting::by_reference);
  }
  // The keys of layers, see preset_layers.hpp.
  const json::object extends{{"description", "The shipped preset that this one is laid over."},
                             {"enum", json_strings(shipped_preset_names())}};
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
