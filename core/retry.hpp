#pragma once

#include <optional>

#include "core/instant.hpp"

namespace elit {

// The wait before the next attempt: exponential with jitter, so that clients that failed together do not retry
// together. A lower bound protects the failing peer.
class Backoff {
 public:
  // Requires: 0 < first <= max.
  Backoff(Milliseconds first, Milliseconds max);

  // The wait after the `attempt`-th failure in a row (1 is the first): uniform over (0, first * 2^(attempt - 1)], the
  // bound capped at `max` and the result never below first / 2. `random` is in [0, 1). A time that the peer requested
  // is also a lower bound, even above `max`.
  [[nodiscard]] Milliseconds delay(int attempt, double random,
                                   std::optional<Milliseconds> retry_after = std::nullopt) const;

  [[nodiscard]] Milliseconds first() const { return first_; }
  [[nodiscard]] Milliseconds max() const { return max_; }

 private:
  Milliseconds first_;
  Milliseconds max_;
};

}  // namespace elit
