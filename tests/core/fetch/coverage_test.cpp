#include "core/fetch/coverage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bitset>
#include <random>

namespace elit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Interval span(std::int64_t from, std::int64_t to) {
  return Interval{from_ms(from), from_ms(to)};
}

TEST(CoverageTest, MergesSpansThatTouchOrOverlap) {
  const Coverage coverage({span(10, 20), span(30, 40), span(20, 25), span(24, 30)});
  EXPECT_THAT(coverage.intervals(), ElementsAre(span(10, 40)));
}

TEST(CoverageTest, KeepsAHoleOfOneMillisecond) {
  const Coverage coverage({span(10, 20), span(21, 30)});
  EXPECT_THAT(coverage.intervals(), ElementsAre(span(10, 20), span(21, 30)));
  EXPECT_THAT(coverage.gaps(span(0, 40)), ElementsAre(span(0, 10), span(20, 21), span(30, 40)));
}

TEST(CoverageTest, IsAscendingWhateverTheOrderOfAdding) {
  const Coverage coverage({span(50, 60), span(10, 20), span(30, 40)});
  EXPECT_THAT(coverage.intervals(), ElementsAre(span(10, 20), span(30, 40), span(50, 60)));
}

TEST(CoverageTest, IgnoresAnEmptySpan) {
  const Coverage coverage({span(10, 10), span(30, 20)});
  EXPECT_THAT(coverage.intervals(), IsEmpty());
  EXPECT_FALSE(coverage.end().has_value());
}

TEST(CoverageTest, ContainsItsFirstInstantAndNotItsLast) {
  const Coverage coverage({span(10, 20)});
  EXPECT_FALSE(coverage.contains(from_ms(9)));
  EXPECT_TRUE(coverage.contains(from_ms(10)));
  EXPECT_TRUE(coverage.contains(from_ms(19)));
  EXPECT_FALSE(coverage.contains(from_ms(20)));
}

TEST(CoverageTest, HasNoGapsWithinWhatItCovers) {
  const Coverage coverage({span(10, 20)});
  EXPECT_THAT(coverage.gaps(span(10, 20)), IsEmpty());
  EXPECT_THAT(coverage.gaps(span(15, 15)), IsEmpty());
  EXPECT_THAT(coverage.gaps(span(15, 25)), ElementsAre(span(20, 25)));
  EXPECT_THAT(coverage.gaps(span(5, 15)), ElementsAre(span(5, 10)));
}

TEST(CoverageTest, FrontierIsTheEndOfTheIntervalThatCoversTheStart) {
  const Coverage coverage({span(10, 20), span(30, 40)});
  EXPECT_EQ(coverage.frontier(from_ms(10)), from_ms(20));
  EXPECT_EQ(coverage.frontier(from_ms(19)), from_ms(20));
  EXPECT_EQ(coverage.frontier(from_ms(20)), from_ms(20));
  EXPECT_EQ(coverage.frontier(from_ms(25)), from_ms(25));
  EXPECT_EQ(coverage.end(), from_ms(40));
}

TEST(CoverageTest, AgreesWithASetOfMillisecondsForRandomSpans) {
  std::mt19937 random(20260101);
  std::uniform_int_distribution<int> point(0, 63);
  for (int round = 0; round < 500; ++round) {
    Coverage coverage;
    std::bitset<64> model;
    for (int i = 0; i < 8; ++i) {
      const int from = point(random);
      const int to = point(random);
      coverage.add(span(from, to));
      for (int at = from; at < to; ++at) {
        model.set(static_cast<std::size_t>(at));
      }
    }
    for (int at = 0; at < 64; ++at) {
      ASSERT_EQ(coverage.contains(from_ms(at)), model.test(static_cast<std::size_t>(at))) << round << " at " << at;
    }
    std::bitset<64> holes;
    for (const Interval& gap : coverage.gaps(span(0, 64))) {
      for (std::int64_t at = to_ms(gap.from); at < to_ms(gap.to); ++at) {
        holes.set(static_cast<std::size_t>(at));
      }
    }
    ASSERT_EQ(holes, ~model) << round;
  }
}

}  // namespace
}  // namespace elit
