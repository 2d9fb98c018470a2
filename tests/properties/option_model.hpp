#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/effective_values.hpp"
#include "tests/properties/choices.hpp"

namespace elit::properties {

// Dotted keys and their values as YAML, in the order of the option table.
using KeyValues = std::vector<std::pair<std::string, std::string>>;

// A valid configuration. Some options have a value that their rows in the option table allow; the others have their
// defaults.
struct OptionModel {
  explicit OptionModel(Choices& choices);

  KeyValues set;
};

// The configuration file with these values.
[[nodiscard]] std::string configuration_of(const KeyValues& values);
[[nodiscard]] KeyValues key_values_of(const std::vector<config::ValueInForce>& values);

}  // namespace elit::properties
