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
  std::size_t depth = 0;           // steps to the state that is farthest from the beginning
  std::size_t ends = 0;            // states after which nothing can happen
  std::string failure;             // empty: every promise is kept
  std::vector<std::string> trace;  // the shortest way to the failure
};

// Visits every state that can be reached, breadth first, each once, up to the first that breaks a promise. Without one
// it also sees to it that an end can be reached from every state.
[[nodiscard]] Examination examine(const World& world, DesignError error);

// The trace as lines of text.
[[nodiscard]] std::string to_text(const Examination& examination);

}  // namespace elit::model
