#pragma once

#include <string>

#include "config/options/option.hpp"
#include "config/options/value_reader.hpp"
#include "config/yaml/diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// Reads a map into `owner`, the plain value of `section`, and everything below it. `path` is the section's own dotted
// path, empty for the whole configuration. All mistakes go to `diagnostics`; options without a mistake are set.
void read_section(const Section& section, const Node& node, void* owner, const std::string& path,
                  const ReadContext& context, Diagnostics& diagnostics);

}  // namespace elit::config
