#pragma once

#include <algorithm>
#include <optional>

#include "core/instant.hpp"

namespace elit::daemon {

// The total time that a one-pass run may wait for peers; parallel waits count once. The daemon has no limit.
class WaitBudget {
 public:
  // Absent: no limit.
  explicit WaitBudget(std::optional<Milliseconds> limit) : left_(limit) {}

  [[nodiscard]] bool limited() const { return left_.has_value(); }

  // Whether another `wait` is within the limit.
  [[nodiscard]] bool allows(Milliseconds wait) const { return !left_ || wait <= *left_; }

  // Counts the time from `from` to `to` as waited.
  void spend(SteadyTime from, SteadyTime to) {
    const SteadyTime begin = std::max(from, spent_to_);
    if (left_ && to > begin) {
      *left_ -= to - begin;
      spent_to_ = to;
    }
  }

 private:
  std::optional<Milliseconds> left_;
  SteadyTime spent_to_ = SteadyTime::min();
};

}  // namespace elit::daemon
