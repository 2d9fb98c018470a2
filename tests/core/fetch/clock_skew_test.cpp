#include "core/fetch/clock_skew.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace elit {
namespace {

using std::chrono::abs;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant sent = from_ms(1'769'850'902'000);
constexpr Instant received = sent + Milliseconds{800};

TEST(ClockSkewTest, IsNoneBeforeAnyAnswer) {
  ClockSkew skew;
  EXPECT_EQ(skew.value(), Milliseconds{0});
  EXPECT_EQ(skew.take_warning(), std::nullopt);
}

TEST(ClockSkewTest, IsNoneForADateOfAnyMomentOfTheRequest) {
  ClockSkew skew;
  for (const Instant date : {sent - seconds{1}, sent, received}) {
    skew.observe(date, sent, received);
    EXPECT_EQ(skew.value(), Milliseconds{0});
  }
}

TEST(ClockSkewTest, IsNoneForASlowRequestThatWasAnsweredAtItsBeginningOrItsEnd) {
  ClockSkew skew;
  skew.observe(sent, sent, sent + seconds{30});
  EXPECT_EQ(skew.value(), Milliseconds{0});
  skew.observe(sent + seconds{30}, sent, sent + seconds{30});
  EXPECT_EQ(skew.value(), Milliseconds{0});
}

TEST(ClockSkewTest, IgnoresWhatWholeSecondsCannotTell) {
  ClockSkew skew;
  skew.observe(sent - seconds{2}, sent, received);
  EXPECT_EQ(skew.value(), Milliseconds{0});
  skew.observe(received + seconds{1}, sent, received);
  EXPECT_EQ(skew.value(), Milliseconds{0});
}

TEST(ClockSkewTest, IsPositiveWhenTheirClockIsAhead) {
  ClockSkew skew;
  skew.observe(received + minutes{5}, sent, received);
  EXPECT_GT(skew.value(), Milliseconds{0});
  EXPECT_LE(abs(skew.value() - minutes{5}), seconds{1});
}

TEST(ClockSkewTest, IsNegativeWhenTheirClockIsBehind) {
  ClockSkew skew;
  skew.observe(sent - hours{1}, sent, received);
  EXPECT_LT(skew.value(), Milliseconds{0});
  EXPECT_LE(abs(skew.value() + hours{1}), seconds{1});
}

TEST(ClockSkewTest, FollowsTheLatestAnswer) {
  ClockSkew skew;
  skew.observe(received + minutes{5}, sent, received);
  skew.observe(sent, sent, received);
  EXPECT_EQ(skew.value(), Milliseconds{0});
}

TEST(ClockSkewTest, WarnsOnceOfEachChange) {
  ClockSkew skew;
  skew.observe(received + minutes{5}, sent, received);
  EXPECT_EQ(skew.take_warning(), skew.value());
  EXPECT_EQ(skew.take_warning(), std::nullopt);
  skew.observe(received + minutes{5} + seconds{1}, sent, received);
  EXPECT_EQ(skew.take_warning(), std::nullopt) << "about the same";
  skew.observe(received + minutes{6}, sent, received);
  EXPECT_EQ(skew.take_warning(), skew.value());
}

TEST(ClockSkewTest, WarnsAlsoWhenTheClocksAgreeAgain) {
  ClockSkew skew;
  skew.observe(sent - minutes{5}, sent, received);
  ASSERT_TRUE(skew.take_warning());
  skew.observe(sent, sent, received);
  EXPECT_EQ(skew.take_warning(), Milliseconds{0});
}

TEST(ClockSkewTest, DoesNotWarnOfASmallDifference) {
  ClockSkew skew;
  skew.observe(received + seconds{4}, sent, received);
  EXPECT_NE(skew.value(), Milliseconds{0});
  EXPECT_EQ(skew.take_warning(), std::nullopt);
}

TEST(ClockSkewTest, WarnsFromFiveSecondsOn) {
  ClockSkew skew;
  skew.observe(received + Milliseconds{4'499}, sent, received);
  EXPECT_EQ(skew.take_warning(), std::nullopt);
  skew.observe(received + Milliseconds{4'500}, sent, received);
  EXPECT_EQ(skew.take_warning(), Milliseconds{5'000});
}

}  // namespace
}  // namespace elit
