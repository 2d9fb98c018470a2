// Compares Coverage with the simplest model of it: one flag for each millisecond.

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <string>
#include <vector>

#include "core/fetch/coverage.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/printed_values.hpp"

namespace elit::properties {
namespace {

constexpr int axis = 48;  // milliseconds; short, so that intervals meet
using Instants = std::bitset<axis>;

Interval interval_from(Choices& choices) {
  const int from = choices.number(0, axis - 1);
  // Some are empty, and some end before they begin.
  const int to = std::min(axis, std::max(0, from + choices.number(-2, 12)));
  return {from_ms(from), from_ms(to)};
}

std::vector<Interval> intervals_from(Choices& choices, int average) {
  std::vector<Interval> intervals;
  while (choices.more(average)) {
    intervals.push_back(interval_from(choices));
  }
  choices.note([&] { return "intervals: " + testing::PrintToString(intervals); });
  return intervals;
}

Instants instants_of(const std::vector<Interval>& intervals) {
  Instants instants;
  for (const Interval& interval : intervals) {
    for (std::int64_t ms = to_ms(interval.from); ms < to_ms(interval.to); ++ms) {
      instants.set(static_cast<std::size_t>(ms));
    }
  }
  return instants;
}

// The runs of set flags.
std::vector<Interval> intervals_of(const Instants& instants) {
  std::vector<Interval> intervals;
  for (int ms = 0; ms < axis; ++ms) {
    if (!instants.test(static_cast<std::size_t>(ms))) {
      continue;
    }
    if (intervals.empty() || intervals.back().to != from_ms(ms)) {
      intervals.push_back({from_ms(ms), from_ms(ms)});
    }
    intervals.back().to += Milliseconds{1};
  }
  return intervals;
}

TEST(CoveragePropertyTest, HoldsTheInstantsOfItsIntervalsInTheFewestIntervals) {
  for_all([](Choices& choices) {
    const std::vector<Interval> intervals = intervals_from(choices, 6);
    const Coverage coverage(intervals);
    const Instants instants = instants_of(intervals);
    EXPECT_EQ(coverage.intervals(), intervals_of(instants));
    for (int ms = -1; ms <= axis; ++ms) {
      const bool held = ms >= 0 && ms < axis && instants.test(static_cast<std::size_t>(ms));
      EXPECT_EQ(coverage.contains(from_ms(ms)), held) << ms;
    }
    EXPECT_EQ(coverage.end().has_value(), instants.any());
    if (coverage.end()) {
      EXPECT_EQ(*coverage.end(), intervals_of(instants).back().to);
    }
  });
}

TEST(CoveragePropertyTest, GapsAreWhatIsNotCovered) {
  for_all([](Choices& choices) {
    const std::vector<Interval> intervals = intervals_from(choices, 6);
    const Interval within = interval_from(choices);
    choices.note([&] { return "within: " + testing::PrintToString(within); });
    const Coverage coverage(intervals);
    EXPECT_EQ(coverage.gaps(within), intervals_of(instants_of({within}) & ~instants_of(intervals)));
  });
}

TEST(CoveragePropertyTest, TheFrontierIsTheFirstInstantThatIsNotCovered) {
  for_all([](Choices& choices) {
    const std::vector<Interval> intervals = intervals_from(choices, 6);
    const int start = choices.number(0, axis - 1);
    choices.note([&] { return "start: " + std::to_string(start); });
    const Instants instants = instants_of(intervals);
    int frontier = start;
    while (frontier < axis && instants.test(static_cast<std::size_t>(frontier))) {
      ++frontier;
    }
    EXPECT_EQ(to_ms(Coverage(intervals).frontier(from_ms(start))), frontier);
  });
}

TEST(CoveragePropertyTest, AddingKnowsNeitherOrderNorRepetition) {
  for_all([](Choices& choices) {
    std::vector<Interval> intervals = intervals_from(choices, 5);
    const Coverage coverage(intervals);
    for (std::size_t i = intervals.size(); i > 1; --i) {
      std::swap(intervals[i - 1], intervals[i - 1 - choices.below(i)]);
    }
    Coverage other(intervals);
    EXPECT_EQ(other.intervals(), coverage.intervals()) << "in another order";
    for (const Interval& interval : intervals) {
      const std::vector<Interval> before = other.intervals();
      other.add(interval);
      EXPECT_EQ(other.intervals(), before) << "once more";
    }
  });
}

}  // namespace
}  // namespace elit::properties
