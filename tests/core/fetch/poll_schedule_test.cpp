#include "core/fetch/poll_schedule.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime start{hours{100}};

PollSchedule schedule_of(Milliseconds interval = minutes{1}, Milliseconds max_staleness = hours{1}) {
  return PollSchedule(PollOptions{.interval = interval, .max_staleness = max_staleness});
}

TEST(PollScheduleTest, HandsOutNothingBeforeItIsDue) {
  PollSchedule schedule = schedule_of();
  EXPECT_FALSE(schedule.pick(start));
  schedule.put(1, start, false);
  EXPECT_FALSE(schedule.pick(start - Milliseconds{1}));
  const auto pick = schedule.pick(start + seconds{5});
  ASSERT_TRUE(pick);
  EXPECT_EQ(pick->user, 1);
  EXPECT_EQ(pick->work, PollSchedule::Work::live);
  EXPECT_EQ(pick->due, start);
}

TEST(PollScheduleTest, TakesTheUserWhoHasWaitedLongestFirst) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start + seconds{2}, false);
  schedule.put(2, start, false);
  schedule.put(3, start + seconds{1}, false);
  for (const PollSchedule::User expected : {2, 3, 1}) {
    const auto pick = schedule.pick(start + minutes{1});
    ASSERT_TRUE(pick);
    EXPECT_EQ(pick->user, expected);
  }
}

TEST(PollScheduleTest, HandsAUserToOneReaderUntilItIsPutBack) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start, true);
  ASSERT_TRUE(schedule.pick(start));
  EXPECT_TRUE(schedule.is_being_read(1));
  EXPECT_EQ(schedule.being_read(), 1U);
  EXPECT_EQ(schedule.size(), 1U);
  EXPECT_FALSE(schedule.pick(start + hours{1})) << "neither its present nor its history";
  EXPECT_FALSE(schedule.next_due());
  schedule.put(1, start + hours{1}, false);
  EXPECT_FALSE(schedule.is_being_read(1));
  EXPECT_EQ(schedule.being_read(), 0U);
  EXPECT_TRUE(schedule.pick(start + hours{1}));
}

TEST(PollScheduleTest, ForgetsAUserWhoIsRemovedWaitingOrBeingRead) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start, true);
  schedule.put(2, start + seconds{1}, false);
  ASSERT_EQ(schedule.pick(start)->user, 1);
  schedule.remove(1);
  schedule.remove(2);
  schedule.remove(3);
  EXPECT_EQ(schedule.size(), 0U);
  EXPECT_EQ(schedule.being_read(), 0U);
  EXPECT_FALSE(schedule.pick(start + hours{1}));
  EXPECT_FALSE(schedule.is_being_read(1));
}

TEST(PollScheduleTest, MovesAUserWhoIsPutAgain) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start, true);
  schedule.put(1, start + minutes{5}, false);
  EXPECT_EQ(schedule.size(), 1U);
  EXPECT_FALSE(schedule.pick(start));
  EXPECT_EQ(schedule.next_due(), start + minutes{5});
}

TEST(PollScheduleTest, ReadsHistoryWhileNoLiveReadIsDue) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start + minutes{1}, true);
  const auto pick = schedule.pick(start);
  ASSERT_TRUE(pick);
  EXPECT_EQ(pick->work, PollSchedule::Work::history);
  EXPECT_EQ(pick->due, start + minutes{1}) << "its live read is still to come";
}

TEST(PollScheduleTest, GivesHistoryEveryFourthTurnWhenBothWait) {
  PollSchedule schedule = schedule_of();
  schedule.put(100, start + hours{1}, true);
  std::string turns;
  for (int turn = 0; turn < 12; ++turn) {
    for (PollSchedule::User user = 1; user <= 4; ++user) {
      schedule.put(user, start, false);
    }
    const auto pick = schedule.pick(start);
    ASSERT_TRUE(pick);
    turns += pick->work == PollSchedule::Work::live ? 'l' : 'h';
    if (pick->work == PollSchedule::Work::history) {
      EXPECT_EQ(pick->user, 100);
      schedule.put(100, start + hours{1}, true);
    }
  }
  EXPECT_EQ(turns, "lllhlllhlllh");
}

TEST(PollScheduleTest, GivesTheHistoriesTheirTurnsInTheOrderTheyWerePut) {
  PollSchedule schedule = schedule_of();
  const SteadyTime later = start + hours{1};
  schedule.put(2, later, true);
  schedule.put(1, later, true);
  EXPECT_EQ(schedule.pick(start)->user, 2);
  schedule.put(2, later, true);
  EXPECT_EQ(schedule.pick(start)->user, 1);
  EXPECT_EQ(schedule.pick(start)->user, 2);
}

TEST(PollScheduleTest, LeavesAHistoryAloneUntilItMayBeRead) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start + hours{1}, true, start + minutes{10});
  EXPECT_FALSE(schedule.pick(start));
  EXPECT_EQ(schedule.next_due(), start + minutes{10});
  schedule.put(2, start + hours{1}, true);
  EXPECT_EQ(schedule.pick(start)->user, 2) << "one who may not be read yet is in nobody's way";
  EXPECT_FALSE(schedule.pick(start));
  EXPECT_EQ(schedule.pick(start + minutes{10})->user, 1);
}

TEST(PollScheduleTest, NamesTheNextDueReadEvenIfItIsOverdue) {
  PollSchedule schedule = schedule_of();
  EXPECT_FALSE(schedule.next_due());
  schedule.put(1, start - hours{1}, false);
  schedule.put(2, start + hours{1}, false);
  EXPECT_EQ(schedule.next_due(), start - hours{1});
  ASSERT_TRUE(schedule.pick(start));
  EXPECT_EQ(schedule.next_due(), start + hours{1});
}

TEST(PollScheduleTest, TellsAReaderOfHistoryThatALiveReadWaits) {
  PollSchedule schedule = schedule_of();
  schedule.put(1, start + hours{1}, true);
  schedule.put(2, start + minutes{1}, false);
  ASSERT_EQ(schedule.pick(start)->work, PollSchedule::Work::history);
  EXPECT_FALSE(schedule.live_waits(start));
  EXPECT_TRUE(schedule.live_waits(start + minutes{1}));
  ASSERT_TRUE(schedule.pick(start + minutes{1}));
  EXPECT_FALSE(schedule.live_waits(start + hours{2})) << "those being read do not wait";
}

class PollSchedulePauseTest : public ::testing::Test {
 protected:
  PollSchedulePauseTest() {
    for (PollSchedule::User user = 0; user < 100; ++user) {
      schedule_.put(user, start, false);
    }
  }
  PollSchedule schedule_ = schedule_of();
  // 100 users a minute are 1.67 requests a second; they may take seven tenths of the capacity.
  static constexpr double enough = 2.4;
  static constexpr double too_little = 2.3;
};

TEST_F(PollSchedulePauseTest, IsTheIntervalForEverybodyWhileTheCapacityIsEnough) {
  EXPECT_EQ(schedule_.pause(hours{1000}, enough), minutes{1});
  EXPECT_EQ(schedule_.pause(std::nullopt, enough), minutes{1});
}

TEST_F(PollSchedulePauseTest, IsTheIntervalForEverybodyWhileTheCapacityIsUnknown) {
  EXPECT_EQ(schedule_.pause(hours{1000}, 0), minutes{1});
  EXPECT_EQ(schedule_.pause(std::nullopt, 0), minutes{1});
}

TEST_F(PollSchedulePauseTest, GrowsWithTheSilenceBetweenTheIntervalAndTheGreatestStaleness) {
  EXPECT_EQ(schedule_.pause(seconds{0}, too_little), minutes{1});
  EXPECT_EQ(schedule_.pause(minutes{10}, too_little), minutes{1});
  EXPECT_EQ(schedule_.pause(minutes{100}, too_little), minutes{10});
  EXPECT_EQ(schedule_.pause(hours{10}, too_little), hours{1});
  EXPECT_EQ(schedule_.pause(hours{1000}, too_little), hours{1});
}

TEST_F(PollSchedulePauseTest, IsTheGreatestStalenessForThoseWhoNeverWrote) {
  EXPECT_EQ(schedule_.pause(std::nullopt, too_little), hours{1});
}

}  // namespace
}  // namespace elit
