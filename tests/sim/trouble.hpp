#pragma once

#include "core/random.hpp"
#include "tests/sim/plan.hpp"

namespace elit::sim {

// Puts troubles into a plan: a random choice of kinds, each with a random frequency.
void add_trouble(Plan& plan, Random& random);

// Ends every trouble that is still on.
void heal(daemon::Stage& stage);

}  // namespace elit::sim
