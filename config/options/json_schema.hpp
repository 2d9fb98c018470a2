#pragma once

#include <string>

namespace elit::config {

// The JSON Schema (draft 2020-12) of the configuration, for editors. It tells what a schema can tell; the loader knows
// more, such as bounds of durations and rules across options.
[[nodiscard]] std::string json_schema();

}  // namespace elit::config
