#pragma once

#include <string>
#include <vector>

#include "config/loader.hpp"

namespace elit::config {

struct ValueInForce {
  std::string key;     // dotted path
  std::string value;   // as it would be written in the file; a secret as its reference; empty: none
  std::string origin;  // file:line, or "default"
};

// Every option of a configuration that was loaded without a mistake, in the order of the option table.
// Requires: loaded.options.
[[nodiscard]] std::vector<ValueInForce> effective_values(const Loaded& loaded);

}  // namespace elit::config
