#pragma once

#include <boost/json/object.hpp>

#include "config/yaml/description.hpp"

namespace elit::config {

// How the schema of a section shows the sections in it: whole, or as `$ref` to a definition of their name.
enum class Nesting { whole, by_reference };

// The JSON Schema of a map.
[[nodiscard]] boost::json::object section_schema(const SectionDescription& section, Nesting nesting);
// The name of a section's definition.
[[nodiscard]] std::string definition_name(const SectionDescription& section);

}  // namespace elit::config
