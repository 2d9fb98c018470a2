#pragma once

#include <optional>
#include <vector>

#include "core/instant.hpp"

namespace elit {

// A half-open span of time, [from, to). Empty when to <= from.
struct Interval {
  Instant from;
  Instant to;

  [[nodiscard]] bool empty() const { return to <= from; }
  bool operator==(const Interval&) const = default;
};

// The spans of one user's time of which every message is known to be stored: a set of disjoint, non-adjacent intervals
// in ascending order. It only grows.
class Coverage {
 public:
  Coverage() = default;
  // Takes any intervals, in any order, overlapping or empty ones included.
  explicit Coverage(const std::vector<Interval>& intervals);

  // Adds a span; an empty one changes nothing.
  void add(Interval span);

  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  [[nodiscard]] bool contains(Instant instant) const;

  // The spans of `within` that are not covered, ascending; empty when all of it is.
  [[nodiscard]] std::vector<Interval> gaps(Interval within) const;

  // The end of the interval that covers `start`, or `start` itself when it is not covered: everything in
  // [start, frontier) is complete.
  [[nodiscard]] Instant frontier(Instant start) const;

  // The end of the latest interval; absent when nothing is covered.
  [[nodiscard]] std::optional<Instant> end() const;

 private:
  std::vector<Interval> intervals_;
};

}  // namespace elit
