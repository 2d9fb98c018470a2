#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// Runs a configuration for days in virtual time on simulated data and reports what its sinks would have received.
// Touches no network and no file but the configuration.
//
// The same arguments give the same result; the diagnostics also contain the time that it took. With --json the result
// is one document:
//   {"balanced", "imbalances": [text], "days", "seed", "messages", "history", "simulated_ms", "starts",
//    "problems": [text], "faults": [{"fault", "from_ms", "until_ms"}],
//    "sources": [{"name", "users", "requests", "expected", "stored", "fetched", "new", "duplicate", "rejected"}],
//    "sinks": [{"name", "type", "rehearsed_as", "expected", "delivered", "missing", "twice", "dead", "requests",
//               "repeats_same_key", "repeats_other_key", "history_took_ms", "freshness_ms": {"p50", "p95", "p99",
//               "worst"}, "backlog": {"peak", "peak_at_ms", "cleared_at_ms", "step_ms", "highest": [number]}}]}
// Exit status 0 when every message arrived once; 1 when not; 64 or 78.
[[nodiscard]] Verb rehearse_verb();

}  // namespace elit::daemon
