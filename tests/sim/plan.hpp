#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/rehearsal/stage.hpp"
#include "tests/sim/progress.hpp"

namespace elit::sim {

// An event of a stage at a time after its start.
struct Incident {
  Milliseconds at{0};
  std::string what;
  std::function<void(daemon::Stage&)> act;
};

// A plan for a stage: the dialects of its peers, the faults and their times. First faults during `chaos`, then none
// during `calm`, in which everything must be completed.
struct Plan {
  daemon::StageOptions stage;
  Milliseconds chaos{0};
  Milliseconds calm{0};
  std::vector<Incident> incidents;  // ascending by `at`, all within the chaos
  std::vector<std::string> traits;  // the special features of the plan, a line each
  bool healthy = false;             // no faults at all: the number of requests has a bound
  // Which messages the faults concern; all others wait hardly longer than in a healthy world. Empty: the faults concern
  // everything.
  Concern concern;
};

// The plan of a seed. Kinds and amounts of faults differ from seed to seed, because some errors show only where no
// other fault hides them.
[[nodiscard]] Plan make_plan(std::uint64_t seed, int days);

}  // namespace elit::sim
