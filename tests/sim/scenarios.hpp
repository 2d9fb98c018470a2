#pragma once

#include <string>
#include <vector>

#include "tests/sim/plan.hpp"

namespace elit::sim {

// A plan, by its name, for an error that a seed once found. It does not depend on seeds, whose plans change with the
// simulation.
struct Scenario {
  std::string name;
  Plan (*plan)();
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

// Two days of a small bot and one CRM, without faults.
[[nodiscard]] Plan quiet_plan();

}  // namespace elit::sim
