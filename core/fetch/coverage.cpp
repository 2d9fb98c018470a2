#include "core/fetch/coverage.hpp"

#include <algorithm>

namespace elit {
namespace {

// The first interval that ends after `instant`; the only one that can contain it.
auto ending_after(const std::vector<Interval>& intervals, Instant instant) {
  return std::upper_bound(intervals.begin(), intervals.end(), instant,
                          [](Instant value, const Interval& interval) { return value < interval.to; });
}

}  // namespace

Coverage::Coverage(const std::vector<Interval>& intervals) {
  for (const Interval& interval : intervals) {
    add(interval);
  }
}

void Coverage::add(Interval span) {
  if (span.empty()) {
    return;
  }
  // Intervals that touch the span become one with it: [a, b) and [b, c) leave no instant between them.
  const auto first = std::lower_bound(intervals_.begin(), intervals_.end(), span.from,
                                      [](const Interval& interval, Instant value) { return interval.to < value; });
  const auto last = std::upper_bound(first, intervals_.end(), span.to,
                                     [](Instant value, const Interval& interval) { return value < interval.from; });
  if (first != last) {
    span.from = std::min(span.from, first->from);
    span.to = std::max(span.to, std::prev(last)->to);
  }
  intervals_.insert(intervals_.erase(first, last), span);
}

bool Coverage::contains(Instant instant) const {
  const auto interval = ending_after(intervals_, instant);
  return interval != intervals_.end() && interval->from <= instant;
}

std::vector<Interval> Coverage::gaps(Interval within) const {
  std::vector<Interval> gaps;
  Instant open = within.from;
  for (auto interval = ending_after(intervals_, within.from);
       interval != intervals_.end() && interval->from < within.to; ++interval) {
    if (open < interval->from) {
      gaps.push_back(Interval{open, interval->from});
    }
    open = interval->to;
  }
  if (open < within.to) {
    gaps.push_back(Interval{open, within.to});
  }
  return gaps;
}

Instant Coverage::frontier(Instant start) const {
  const auto interval = ending_after(intervals_, start);
  return interval != intervals_.end() && interval->from <= start ? interval->to : start;
}

std::optional<Instant> Coverage::end() const {
  if (intervals_.empty()) {
    return std::nullopt;
  }
  return intervals_.back().to;
}

}  // namespace elit
