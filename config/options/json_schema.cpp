#include "config/options/json_schema.hpp"

#include <boost/json/object.hpp>

#include "config/options/json_text.hpp"
#include "config/options/option_table.hpp"
#include "config/yaml/schema.hpp"

namespace elit::config {

std::string json_schema() {
  boost::json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "Configuration of elitbuzz-sync"}};
  for (const auto& member : section_schema(option_table().about, Nesting::whole)) {
    schema[member.key()] = member.value();
  }
  return to_pretty_json(schema);
}

}  // namespace elit::config
