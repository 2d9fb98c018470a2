#pragma once

#include <optional>

#include "core/instant.hpp"

namespace elit {

// How long to wait before the next attempt: exponential with full jitter, so that many who failed together do not
// return together, but never so short that a failing peer is hammered.
class Backoff {
 public:
  // Requires: 0 < first <= max.
  Backoff(Milliseconds first, Milliseconds max);

  // The wait after the `attempt`-th failure in a row (1 is the first): uniform over (0, first * 2^(attempt - 1)], the
  // bound capped at `max` and the result never below first / 2. `random` is in [0, 1). A peer's own wish is a lower
  // bound on top of that, even above `max`.
  [[nodiscard]] Milliseconds delay(int attempt, double random,
                                   std::optional<Milliseconds> retry_after = std::nullopt) const;

  [[nodiscard]] Milliseconds first() const { return first_; }
  [[nodiscard]] Milliseconds max() const { return max_; }

 private:
  Milliseconds first_;
  Milliseconds max_;
};

}  // namespace elit
