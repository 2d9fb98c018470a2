#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// Runs one pass. Each thing left to do is a line of the diagnostics; the result is a short summary, or with --json one
// document:
//   {"complete", "sources": [{"name", "fetched", "new", "duplicate", "rejected", "sinks": {NAME: {"delivered",
//    "pending", "dead", "suppressed"}}}], "problems": [TEXT]}
[[nodiscard]] Verb sync_verb();

}  // namespace elit::daemon
