#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// One pass. Diagnostics name what is left undone, a line each; the result is a short summary, or with --json one
// document:
//   {"complete", "sources": [{"name", "fetched", "new", "duplicate", "rejected", "sinks": {NAME: {"delivered",
//    "pending", "dead", "suppressed"}}}], "problems": [TEXT]}
[[nodiscard]] Verb sync_verb();

}  // namespace elit::daemon
