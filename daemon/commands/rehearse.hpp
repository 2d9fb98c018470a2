#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace elit::daemon {

// Runs a configuration for days in virtual time on made-up data and tells what its sinks would have seen. Touches no
// network and no file but the configuration. `words` is what stands after the verb.
//
// `out` gets the answer, the same for the same arguments; `err` what is wrong, and how long it took. With --json `out`
// gets one document:
//   {"balanced", "imbalances": [text], "days", "seed", "messages", "history", "simulated_ms", "starts",
//    "problems": [text], "faults": [{"fault", "from_ms", "until_ms"}],
//    "sources": [{"name", "users", "requests", "expected", "stored", "fetched", "new", "duplicate", "rejected"}],
//    "sinks": [{"name", "expected", "delivered", "missing", "twice", "dead", "requests", "repeats_same_key",
//               "repeats_other_key", "history_took_ms", "freshness_ms": {"p50", "p95", "p99", "worst"},
//               "backlog": {"peak", "peak_at_ms", "cleared_at_ms", "step_ms", "highest": [number]}}]}
// Gives the exit status: 0 when all arrived once; 1 when not; 64 or 78.
int rehearse(const std::vector<std::string>& words, std::ostream& out, std::ostream& err);

}  // namespace elit::daemon
