#pragma once

#include <filesystem>
#include <iosfwd>

namespace elit::daemon {

struct SyncArguments {
  std::filesystem::path config;
  bool json = false;
};

// One pass. What is left undone goes to `err`, a line each; a short summary to `out`, or with `json` one document:
//   {"complete", "sources": [{"name", "fetched", "new", "duplicate", "rejected", "sinks": {NAME: {"delivered",
//    "pending", "dead", "suppressed"}}, "problems": [TEXT]}], "problems": [TEXT]}
// Gives the exit status; a StorageError is thrown.
int sync(const SyncArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace elit::daemon
