#pragma once

#include <string>

namespace elit::config {

// A complete configuration with every option, its meaning, bounds and default in comments. It loads as it is; the
// shipped config/example.yaml is exactly this text.
[[nodiscard]] std::string example_yaml();

}  // namespace elit::config
