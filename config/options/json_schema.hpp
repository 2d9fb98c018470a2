#pragma once

#include <string>

namespace elit::config {

// The JSON Schema (draft 2020-12) of the configuration, for editors. The loader
// checks more than a schema can, such as bounds of durations and rules between options.
[[nodiscard]] std::string json_schema();

}  // namespace elit::config
