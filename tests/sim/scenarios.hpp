#pragma once

#include <string>
#include <vector>

#include "tests/sim/plan.hpp"

namespace elit::sim {

// A story that once ended badly, told on purpose: by its name, free of the seeds that may mean something else tomorrow.
struct Scenario {
  std::string name;
  Plan (*plan)();
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

}  // namespace elit::sim
