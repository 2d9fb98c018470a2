#include "core/fetch/lateness.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(LatenessTest, PutsEachTimeBetweenTwoPowersOfTwoOfSeconds) {
  EXPECT_EQ(Lateness::bucket_of(Milliseconds{0}), 0);
  EXPECT_EQ(Lateness::bucket_of(Milliseconds{999}), 0);
  for (int bucket = 1; bucket < 25; ++bucket) {
    const Milliseconds lower = seconds{std::int64_t{1} << (bucket - 1)};
    const Milliseconds upper = seconds{std::int64_t{1} << bucket};
    EXPECT_EQ(Lateness::bucket_of(lower), bucket);
    EXPECT_EQ(Lateness::bucket_of(upper - Milliseconds{1}), bucket);
  }
}

TEST(LatenessTest, TakesWhatIsEarlyAsNotLate) {
  EXPECT_EQ(Lateness::bucket_of(-hours{1}), 0);
}

TEST(LatenessTest, PutsWhateverIsTooLateIntoTheLastBucket) {
  EXPECT_EQ(Lateness::bucket_of(Milliseconds::max()), Lateness::buckets - 1);
  Lateness lateness;
  lateness.add(Milliseconds::max());
  EXPECT_EQ(lateness.look_back_for(1), seconds{std::int64_t{1} << (Lateness::buckets - 1)});
}

TEST(LatenessTest, AdvisesNothingWithoutALateArrival) {
  const Lateness lateness;
  EXPECT_EQ(lateness.count(), 0);
  EXPECT_EQ(lateness.look_back_for(0.99), std::nullopt);
}

TEST(LatenessTest, CountsWhatIsAdded) {
  Lateness lateness;
  lateness.add(seconds{1});
  lateness.add(hours{1}, 5);
  EXPECT_EQ(lateness.count(), 6);
}

TEST(LatenessTest, AdvisesTheBoundThatCatchesTheShare) {
  Lateness lateness;
  lateness.add(seconds{3}, 90);
  lateness.add(seconds{100}, 9);
  lateness.add(hours{1}, 1);
  EXPECT_EQ(lateness.look_back_for(0.5), seconds{4});
  EXPECT_EQ(lateness.look_back_for(0.9), seconds{4});
  EXPECT_EQ(lateness.look_back_for(0.91), seconds{128});
  EXPECT_EQ(lateness.look_back_for(0.99), seconds{128});
  EXPECT_EQ(lateness.look_back_for(0.995), seconds{4096});
  EXPECT_EQ(lateness.look_back_for(1), seconds{4096});
}

TEST(LatenessTest, AdvisesASecondWhenNothingIsLaterThanThat) {
  Lateness lateness;
  lateness.add(Milliseconds{0});
  EXPECT_EQ(lateness.look_back_for(1), seconds{1});
}

}  // namespace
}  // namespace elit
