#include "config/effective_values.hpp"

#include <fmt/format.h>

#include "config/options/option_table.hpp"
#include "core/check.hpp"

namespace elit::config {
namespace {

// An option that a source or sink inherits from the top level has the top level's origin.
std::string origin_of(const Loaded& loaded, const FieldDescription& field, const std::string& key) {
  const std::size_t element = key.find("].");
  for (const std::string& path : {key, element == std::string::npos ? key : key.substr(element + 2)}) {
    const auto origin = loaded.origins.find(path);
    if (origin != loaded.origins.end()) {
      return fmt::format("{}:{}", loaded.file, origin->second.line);
    }
  }
  return field.default_doc.empty() ? "default" : fmt::format("default: {}", field.default_doc);
}

}  // namespace

std::vector<ValueInForce> effective_values(const Loaded& loaded) {
  check(loaded.options.has_value(), "the values of a configuration with mistakes were asked for");
  std::vector<ValueInForce> values;
  option_table().visit(*loaded.options, "",
                       [&](const FieldDescription& field, const std::string& key, const std::string& value) {
                         values.push_back({key, value, origin_of(loaded, field, key)});
                       });
  return values;
}

}  // namespace elit::config
