#include "core/retry.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {

Backoff::Backoff(Milliseconds first, Milliseconds max) : first_(first), max_(max) {
  check(first > Milliseconds{0} && first <= max, "a backoff needs 0 < first <= max");
}

Milliseconds Backoff::delay(int attempt, double random, std::optional<Milliseconds> retry_after) const {
  check(attempt >= 1, "the first failure is number 1");
  check(random >= 0 && random < 1, "a random fraction is in [0, 1)");
  Milliseconds bound = first_;
  for (int doubled = 1; doubled < attempt && bound < max_; ++doubled) {
    bound = bound > max_ / 2 ? max_ : bound * 2;
  }
  const Milliseconds jittered{static_cast<Milliseconds::rep>(static_cast<double>(bound.count()) * random) + 1};
  const Milliseconds wait = std::max({jittered, first_ / 2, Milliseconds{1}});
  return retry_after ? std::max(wait, *retry_after) : wait;
}

}  // namespace elit
