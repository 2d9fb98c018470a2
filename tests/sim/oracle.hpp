#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/plan.hpp"

namespace elit::sim {

// What a run was, for people and for comparing two runs.
struct Summary {
  std::uint64_t trace = 0;  // equal for equal runs
  Milliseconds simulated{0};
  std::uint64_t messages = 0;  // of the truth
  std::uint64_t api_requests = 0;
  std::uint64_t crm_requests = 0;
  std::uint64_t crm_repeats = 0;  // messages that came again under the same Idempotency-Key
  int starts = 0;
  std::uint64_t steps = 0;
  Milliseconds freshness_worst{0};    // of the arrivals, from visible to received by the CRM
  std::vector<std::string> broken;    // promises that were not kept, a line each
  std::vector<std::string> problems;  // why the daemon ended by itself
};

// Runs a plan to its end and compares what the source, the store and the CRMs hold.
[[nodiscard]] Summary perform(const Plan& plan);

// As perform, with every incident and its time on standard error, and the daemon's log in `log_file` unless empty.
[[nodiscard]] Summary perform_aloud(Plan plan, const std::string& log_file);

}  // namespace elit::sim
