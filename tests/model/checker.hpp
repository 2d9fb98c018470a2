#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/design.hpp"

namespace elit::model {

struct Examination {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t depth = 0;           // steps to the state farthest from the beginning
  std::size_t ends = 0;            // states without a next step
  std::string failure;             // empty: no promise is broken
  std::vector<std::string> trace;  // the shortest path to the failure
};

// Visits every reachable state once, breadth first, up to the first that breaks a promise. If none does, it also checks
// that an end is reachable from every state.
[[nodiscard]] Examination examine(const World& world, DesignError error);

// The trace as lines of text.
[[nodiscard]] std::string to_text(const Examination& examination);

}  // namespace elit::model
