#pragma once

#include "core/random.hpp"
#include "tests/sim/plan.hpp"

namespace elit::sim {

// Adds faults to a plan: a random choice of kinds, each with a random frequency.
void add_trouble(Plan& plan, Random& random);

// Ends every fault that is still active.
void heal(daemon::Stage& stage);

}  // namespace elit::sim
