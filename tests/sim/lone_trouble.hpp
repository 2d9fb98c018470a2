#pragma once

#include "core/random.hpp"
#include "tests/sim/plan.hpp"

namespace elit::sim {

// Adds one fault to a plan: one source, one sink, one user or the messages of one user to one sink fail, and everything
// else is well. Sets the plan's concern. Requires: the plan has two sources and two sinks.
void add_lone_trouble(Plan& plan, Random& random);

}  // namespace elit::sim
