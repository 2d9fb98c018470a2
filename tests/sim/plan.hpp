#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/rehearsal/stage.hpp"

namespace elit::sim {

// Something that happens to a stage at a time after its start.
struct Incident {
  Milliseconds at{0};
  std::string what;
  std::function<void(daemon::Stage&)> act;
};

// A story for a stage: how its peers speak, what goes wrong and when. First `chaos` long with all of that, then `calm`
// long with none, in which everything must come right.
struct Plan {
  daemon::StageOptions stage;
  Milliseconds chaos{0};
  Milliseconds calm{0};
  std::vector<Incident> incidents;  // ascending by `at`, all within the chaos
  std::vector<std::string> traits;  // what is special about it, a line each
  bool healthy = false;             // nothing goes wrong at all: freshness and requests have bounds
};

// The story of a seed. Which kinds of trouble there are, and how much of each, differs from seed to seed: some faults
// are only found where others do not hide them.
[[nodiscard]] Plan make_plan(std::uint64_t seed, int days);

}  // namespace elit::sim
