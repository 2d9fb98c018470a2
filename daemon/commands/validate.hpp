#pragma once

#include <filesystem>
#include <iosfwd>

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

struct ValidateArguments {
  std::filesystem::path config;
  bool json = false;
};

// Reads the configuration and checks the secrets (a missing one is a warning). Uses no network. Every mistake goes to
// `err`, one a line. On success `out` gets a summary of what would run. With `json`, `out` gets one document in either
// case:
//   {"ok", "file", "mistakes": [{"file", "line", "column", "key", "what"}],
//    "sources": [{"name", "base_url", "audiences": [{"attribute", "value"}]}],
//    "sinks": [{"name", "type", "target", "guarantee"}]}
// Returns the exit status: 0, 77 when the only mistakes are the permissions of secret files, else 78.
int validate(const ValidateArguments& arguments, std::ostream& out, std::ostream& err);

[[nodiscard]] Verb validate_verb();

}  // namespace elit::daemon
