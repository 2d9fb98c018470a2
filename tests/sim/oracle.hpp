#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/plan.hpp"

namespace elit::sim {

// The result of a run, for people and to compare two runs.
struct Summary {
  std::uint64_t trace = 0;  // equal for equal runs
  Milliseconds simulated{0};
  std::uint64_t messages = 0;  // of the simulated sources
  std::uint64_t api_requests = 0;
  std::uint64_t crm_requests = 0;
  std::uint64_t crm_repeats = 0;  // messages that came again under the same Idempotency-Key
  int starts = 0;
  std::uint64_t steps = 0;
  Milliseconds freshness_worst{0};    // of messages after the start, from visible to received by the CRM
  int waits_judged = 0;               // how often a message waited so long that `status` had to name it
  std::vector<std::string> broken;    // broken promises, a line each
  std::vector<std::string> problems;  // why the daemon ended by itself
};

// Runs a plan to its end and compares the content of the source, the store and the CRMs.
[[nodiscard]] Summary perform(const Plan& plan);

// Like perform; also prints every incident with its time to stderr and writes the daemon's log to `log_file` unless it
// is empty.
[[nodiscard]] Summary perform_aloud(Plan plan, const std::string& log_file);

}  // namespace elit::sim
