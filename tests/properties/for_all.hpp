#pragma once

#include <functional>

#include "tests/properties/choices.hpp"

namespace elit::properties {

#ifdef __SANITIZE_ADDRESS__
inline constexpr int cases_default = 5'000;  // Sanitizers look at each step, not at the number of cases.
#else
inline constexpr int cases_default = 100'000;
#endif

// Tries a property on many generated cases and prints their number. A property is a function that makes a case from
// choices and states expectations of GoogleTest. It holds if no expectation fails, nothing is thrown and no check(...)
// of the product fails. The first failing case is made as small as possible and reported with its notes and the seed.
// Environment variables change the run:
//   ELITBUZZ_SYNC_PROPERTY_SEED     the seed; the same one gives the same cases
//   ELITBUZZ_SYNC_PROPERTY_CASES    how many cases
//   ELITBUZZ_SYNC_PROPERTY_REPLAY   the choices of one case, as a report prints them: only that case is run
// Requires: called once, from the body of a test.
void for_all(const std::function<void(Choices&)>& property, int cases = cases_default);

}  // namespace elit::properties
