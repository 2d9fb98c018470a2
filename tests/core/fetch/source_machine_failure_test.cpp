#include "core/fetch/source_machine.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/core/fetch/source_rig.hpp"

// Users who cannot be read, and sources that fail.
namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Kind = SourceNotice::Kind;

constexpr UserRow ann = 1;
constexpr UserRow bob = 2;

TEST(SourceMachineFailureTest, AFailedReadIsTriedAgainWithGrowingPausesAndToldOnce) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3});
  Milliseconds bound{500};
  for (int failures = 1; failures <= 4; ++failures) {
    ASSERT_TRUE(rig.step_when_due());
    rig.fail(500);
    const Milliseconds wait = rig.waits();
    EXPECT_LE(wait, bound);
    EXPECT_GE(wait, Milliseconds{250});
    bound *= 2;
    EXPECT_EQ(rig.failures.back().failures, failures);
    EXPECT_EQ(rig.failures.back().error, "status 500");
    EXPECT_EQ(rig.failures.back().parked_until, std::nullopt);
  }
  ASSERT_EQ(rig.told(Kind::read_failed).size(), 1U);
  EXPECT_EQ(rig.told(Kind::read_failed)[0].status, 500);
  EXPECT_EQ(rig.told(Kind::read_failed)[0].detail, "status 500");
  EXPECT_EQ(rig.told(Kind::read_failed)[0].user_id, "user-1");
  EXPECT_TRUE(rig.discards.empty()) << "a live read is not made narrower";
  ASSERT_TRUE(rig.step_when_due());
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.told(Kind::user_recovered).size(), 1U);
}

// From now on reads fail, and the last failure parks the user. A second user is read between them, so that the source
// is known to work.
Milliseconds park(SourceRig& rig) {
  for (int reads = 0; reads < 20; ++reads) {
    const auto request = rig.step_when_due();
    if (!request) {
      ADD_FAILURE() << "nothing is read";
      break;
    }
    if (request->user_id == "user-2") {
      rig.answer({});
      continue;
    }
    const std::size_t before = rig.failures.size();
    rig.fail(500);
    rig.step();
    if (rig.failures.size() > before && rig.failures.back().parked_until) {
      return *rig.failures.back().parked_until - rig.now.wall;
    }
  }
  return Milliseconds{0};
}

TEST(SourceMachineFailureTest, AUserWhoFailsFiveTimesIsParkedForFiveMinutesThenTwiceAsLongUpToSixHours) {
  SourceRig rig;
  rig.options.poll.interval = hours{24};
  rig.add_covered(bob, minutes{3});
  ASSERT_TRUE(rig.step());
  rig.answer({});
  EXPECT_FALSE(rig.step());
  rig.add(ann).coverage.add({*rig.options.since, rig.now.wall - minutes{3}});
  rig.machine->on_joined({ann}, {ann}, {rig.now.wall, rig.now.steady - hours{24}});
  for (const Milliseconds expected :
       {minutes{5}, minutes{10}, minutes{20}, minutes{40}, minutes{80}, minutes{160}, minutes{320}, minutes{360},
        minutes{360}, minutes{360}, minutes{360}, minutes{360}, minutes{360}}) {
    const SteadyTime before = rig.now.steady;
    EXPECT_EQ(park(rig), expected);
    EXPECT_TRUE(rig.failures.back().failures >= 5);
    EXPECT_LE(rig.now.steady - before, hours{6} + minutes{1});
    EXPECT_LE(rig.wake_up, rig.now.steady + expected);
  }
  ASSERT_EQ(rig.told(Kind::user_parked).size(), 1U);
  EXPECT_EQ(rig.told(Kind::user_parked)[0].time, minutes{5});
  EXPECT_EQ(rig.told(Kind::user_parked)[0].detail, "status 500");
}

TEST(SourceMachineFailureTest, AParkedUserIsReadAtItsTimeAfterARestartAndInSixHoursAtTheLatest) {
  for (const auto& [left, expected] :
       std::map<Milliseconds, Milliseconds>{{hours{2}, hours{2}}, {hours{6}, hours{6}}, {hours{600}, hours{6}}}) {
    SourceRig rig;
    rig.add_covered(ann, minutes{3}).status = UserStatus::parked;
    rig.parked_until[ann] = rig.now.wall + left;
    EXPECT_EQ(rig.waits(), expected);
  }
  SourceRig once(FetchMode::one_pass);
  once.add_covered(ann, minutes{3}).status = UserStatus::parked;
  once.parked_until[ann] = once.now.wall + hours{2};
  EXPECT_TRUE(once.step()) << "one pass tries everybody";
  SourceRig overdue;
  overdue.add_covered(ann, minutes{3}).status = UserStatus::parked;
  overdue.parked_until[ann] = overdue.now.wall - hours{2};
  EXPECT_TRUE(overdue.step());
}

TEST(SourceMachineFailureTest, AHistoryThatMakesTheSourceFailIsReadInNarrowerWindows) {
  SourceRig rig;
  rig.add(ann);
  for (int failures = 1; failures <= 3; ++failures) {
    EXPECT_TRUE(rig.discards.empty());
    ASSERT_TRUE(rig.step_when_due());
    rig.fail(500);
    rig.step();
  }
  ASSERT_EQ(rig.discards.size(), 1U);
  EXPECT_EQ(rig.discards[0].kind, WindowKind::history);
  EXPECT_GE(rig.discards[0].width, Milliseconds{hours{72}} / 16);
  EXPECT_LE(rig.discards[0].width, Milliseconds{hours{73}} / 16);
}

TEST(SourceMachineFailureTest, OnlyServerErrorsOnLongWindowsMakeThemNarrower) {
  for (const int status : {0, 408, 499}) {
    SourceRig rig;
    rig.add(ann);
    for (int failures = 1; failures <= 4; ++failures) {
      ASSERT_TRUE(rig.step_when_due());
      rig.fail(status);
      rig.step();
    }
    EXPECT_TRUE(rig.discards.empty()) << status;
  }
  for (const Milliseconds length : {Milliseconds{minutes{1}}, Milliseconds{minutes{1}} + Milliseconds{1}}) {
    SourceRig rig(FetchMode::one_pass);
    UserState& user = rig.add(ann);
    user.widths.history = length;
    user.failures = 2;
    ASSERT_TRUE(rig.step());
    rig.fail(503);
    rig.step();
    EXPECT_EQ(rig.discards.size(), length == minutes{1} ? 0U : 1U);
  }
}

TEST(SourceMachineFailureTest, AListThatGetsOnPageByPageIsNoUserWhoCannotBeRead) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add(ann);
  for (int page = 1; page <= 8; ++page) {
    auto request = rig.step_when_due();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->page, page);
    rig.answer({numbered_row(static_cast<std::uint8_t>(2 * page), request->span.from + minutes{page}),
                numbered_row(static_cast<std::uint8_t>(2 * page + 1), request->span.from + minutes{page})});
    ASSERT_TRUE(rig.step());
    rig.fail(500);
    rig.step();
    EXPECT_EQ(rig.failures.back().failures, 1);
  }
}

TEST(SourceMachineFailureTest, ARefusedUserIsParkedAtOnce) {
  SourceRig rig;
  rig.options.poll.interval = hours{24};
  rig.add_covered(bob, minutes{3});
  ASSERT_TRUE(rig.step());
  rig.answer({});
  EXPECT_FALSE(rig.step());
  rig.add(ann).coverage.add({*rig.options.since, rig.now.wall - minutes{3}});
  rig.machine->on_joined({ann}, {ann}, {rig.now.wall, rig.now.steady - hours{24}});
  for (const Milliseconds expected : {minutes{5}, minutes{10}}) {
    ASSERT_TRUE(rig.step_when_due());
    rig.refuse();
    EXPECT_EQ(rig.waits(), expected);
    EXPECT_EQ(rig.failures.back().parked_until, rig.now.wall + expected);
  }
  EXPECT_EQ(rig.told(Kind::user_parked).size(), 1U);
  EXPECT_TRUE(rig.told(Kind::every_user_refused).empty());
  EXPECT_TRUE(rig.discards.empty());
}

TEST(SourceMachineFailureTest, ThatEveryUserIsRefusedIsAConfigurationAndParksNobodyForLong) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3});
  rig.add_covered(bob, minutes{3});
  ASSERT_TRUE(rig.step());
  rig.refuse();
  ASSERT_TRUE(rig.step());
  EXPECT_TRUE(rig.told(Kind::every_user_refused).empty());
  rig.refuse();
  EXPECT_EQ(rig.waits(), minutes{1});
  ASSERT_EQ(rig.told(Kind::every_user_refused).size(), 1U);
  EXPECT_EQ(rig.told(Kind::every_user_refused)[0].detail, "status 400");
  ASSERT_TRUE(rig.step_when_due());
  rig.refuse();
  ASSERT_TRUE(rig.step());
  EXPECT_EQ(rig.told(Kind::every_user_refused).size(), 1U) << "it is told once";
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.told(Kind::some_user_accepted).size(), 1U);
  ASSERT_TRUE(rig.step_when_due());
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.told(Kind::some_user_accepted).size(), 1U);
}

TEST(SourceMachineFailureTest, ASourceThatIsDownParksNobody) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3}).failures = 10;
  rig.health.down = true;
  for (int reads = 0; reads < 3; ++reads) {
    ASSERT_TRUE(rig.step()) << "the gate holds everybody, not the machine";
    rig.fail(0);
  }
  ASSERT_TRUE(rig.step());
  EXPECT_TRUE(rig.failures.empty());
  EXPECT_EQ(rig.machine->last_error(), "status 0");
}

TEST(SourceMachineFailureTest, OnePassEndsWhenEveryUserIsReadOrParked) {
  SourceRig rig(FetchMode::one_pass);
  rig.add_covered(ann, minutes{3});
  rig.add_covered(bob, minutes{3});
  auto request = rig.step();
  ASSERT_TRUE(request);
  rig.answer({});
  request = rig.step();
  ASSERT_TRUE(request);
  rig.refuse();
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.done);
  EXPECT_EQ(rig.machine->users_failed(), 1U);
  EXPECT_TRUE(rig.told(Kind::every_user_refused).empty()) << "the one that is left is not everybody";
  EXPECT_FALSE(rig.machine->busy(rig.now.steady));
}

TEST(SourceMachineFailureTest, OnePassCountsThoseThatAreParkedAlreadyAmongAllWhoAreRefused) {
  SourceRig rig(FetchMode::one_pass);
  rig.add_covered(ann, minutes{3});
  rig.add_covered(bob, minutes{3});
  for (int reads = 0; reads < 2; ++reads) {
    ASSERT_TRUE(rig.step());
    EXPECT_TRUE(rig.told(Kind::every_user_refused).empty());
    rig.refuse();
  }
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.done);
  EXPECT_EQ(rig.told(Kind::every_user_refused).size(), 1U);
  EXPECT_EQ(rig.machine->users_failed(), 2U);
}

// A list that differs at each read.
void read_restless_list(SourceRig& rig, std::uint8_t& number) {
  const std::size_t before = rig.commits.size();
  for (int pages = 0; pages < 30; ++pages) {
    const auto request = rig.step_when_due();
    if (!request || rig.commits.size() > before) {
      return;
    }
    if (request->page == 3) {
      rig.answer_end();
    } else {
      ++number;
      rig.answer({numbered_row(number, request->span.from + minutes{number})});
    }
  }
}

TEST(SourceMachineFailureTest, AListThatNeverComesToRestIsStoredAndNotCovered) {
  SourceRig rig;
  rig.paging = {};
  rig.add(ann);
  std::uint8_t number = 0;
  read_restless_list(rig, number);
  ASSERT_FALSE(rig.commits.empty());
  EXPECT_TRUE(rig.commits[0].count_by_page);
  EXPECT_FALSE(rig.commits[0].verified);
  EXPECT_EQ(rig.commits[0].covered, std::nullopt);
  EXPECT_EQ(rig.told(Kind::window_unstable).size(), 1U);
  EXPECT_EQ(rig.told(Kind::messages_stored).size(), 1U);
  EXPECT_EQ(rig.machine->users(), 1U);
}

TEST(SourceMachineFailureTest, OnePassGivesARestlessListThreeReads) {
  SourceRig rig(FetchMode::one_pass);
  rig.paging = {};
  rig.add(ann);
  std::uint8_t number = 0;
  for (int reads = 1; reads <= 3; ++reads) {
    EXPECT_FALSE(rig.done);
    read_restless_list(rig, number);
  }
  rig.step();
  EXPECT_TRUE(rig.done);
  EXPECT_EQ(rig.commits.size(), 3U);
  EXPECT_EQ(rig.machine->users_failed(), 1U);
}

}  // namespace
}  // namespace elit
