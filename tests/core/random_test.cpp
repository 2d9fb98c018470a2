#include "core/random.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

// The first numbers of SplitMix64 as its authors publish them. The numbers of a seed must never change.
TEST(RandomTest, GivesTheNumbersOfSplitMix64) {
  Random random(1'234'567);
  EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
  EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
  EXPECT_EQ(random.next(), 9'817'491'932'198'370'423U);
  EXPECT_EQ(random.next(), 4'593'380'528'125'082'431U);
}

TEST(RandomTest, RepeatsItselfFromTheSameSeed) {
  Random one(42);
  Random same(42);
  Random other(43);
  EXPECT_EQ(one.next(), same.next());
  EXPECT_NE(one.next(), other.next());
}

TEST(RandomTest, StaysInItsBounds) {
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    const double fraction = random.fraction();
    EXPECT_GE(fraction, 0.0);
    EXPECT_LT(fraction, 1.0);
    EXPECT_LT(random.below(3), 3U);
  }
}

}  // namespace
}  // namespace elit
