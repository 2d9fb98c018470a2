#include "core/retry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/random.hpp"

namespace elit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double almost_one = 0.9999999;

TEST(BackoffTest, DoublesItsBoundUpToTheMaximum) {
  const Backoff backoff(seconds{1}, seconds{5});
  EXPECT_EQ(backoff.delay(1, almost_one), seconds{1});
  EXPECT_EQ(backoff.delay(2, almost_one), seconds{2});
  EXPECT_EQ(backoff.delay(3, almost_one), seconds{4});
  EXPECT_EQ(backoff.delay(4, almost_one), seconds{5});
  EXPECT_EQ(backoff.delay(1'000'000, almost_one), seconds{5});
}

TEST(BackoffTest, IsNeverShorterThanHalfOfTheFirstDelay) {
  const Backoff backoff(seconds{1}, minutes{5});
  EXPECT_EQ(backoff.delay(1, 0), Milliseconds{500});
  EXPECT_EQ(backoff.delay(9, 0), Milliseconds{500});
  EXPECT_EQ(Backoff(Milliseconds{1}, Milliseconds{1}).delay(1, 0), Milliseconds{1});
}

TEST(BackoffTest, SpreadsOverTheWholeBound) {
  const Backoff backoff(seconds{1}, minutes{5});
  Random random(7);
  Milliseconds least = minutes{10};
  Milliseconds most{0};
  for (int i = 0; i < 1'000; ++i) {
    const Milliseconds delay = backoff.delay(9, random.fraction());
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_LT(least, seconds{10});
  EXPECT_GT(most, seconds{240});
  EXPECT_LE(most, seconds{256});
}

TEST(BackoffTest, ObeysThePeersWishWhenItIsLonger) {
  const Backoff backoff(seconds{1}, seconds{5});
  EXPECT_EQ(backoff.delay(1, 0.2, seconds{60}), seconds{60});
  EXPECT_EQ(backoff.delay(4, almost_one, seconds{0}), seconds{5});
}

TEST(BackoffDeathTest, RefusesAnEmptyDelay) {
  EXPECT_DEATH(Backoff(Milliseconds{0}, seconds{1}), "0 < first <= max");
}

}  // namespace
}  // namespace elit
