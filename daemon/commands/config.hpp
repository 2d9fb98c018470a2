#pragma once

#include <filesystem>
#include <iosfwd>

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

struct ConfigShowArguments {
  std::filesystem::path config;
  bool json = false;
};

// Prints every current value and where it came from, secrets as references; reads no secret. With `json`, one
// document:
//   {"file", "values": [{"key", "value", "origin"}]}
// with values as they would be written in the file. Mistakes go to `err`. Returns the exit status: 0 or 78.
int config_show(const ConfigShowArguments& arguments, std::ostream& out, std::ostream& err);

// Prints the JSON Schema of the configuration, the current values, or one of the files that are generated from the
// program's own tables: config/example.yaml, config/reference.md, and the three of config/crm/.
[[nodiscard]] Verb config_verb();

}  // namespace elit::daemon
