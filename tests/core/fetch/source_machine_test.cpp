#include "core/fetch/source_machine.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/core/fetch/source_rig.hpp"

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = SourceNotice::Kind;

constexpr UserRow ann = 1;
constexpr UserRow bob = 2;

TEST(SourceMachineTest, ReadsAllOfTheHistoryFirst) {
  SourceRig rig;
  rig.add(ann);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user_id, "user-1");
  EXPECT_EQ(request->page, 1);
  EXPECT_EQ(request->span, (Interval{*rig.options.since, rig.now.wall}));
  rig.answer({numbered_row(1, rig.now.wall - hours{2})});
  EXPECT_EQ(rig.waits(), rig.options.poll.interval);
  ASSERT_EQ(rig.commits.size(), 1U);
  EXPECT_EQ(rig.commits[0].kind, WindowKind::history);
  EXPECT_TRUE(rig.commits[0].verified);
  EXPECT_TRUE(rig.commits[0].history_complete);
  EXPECT_EQ(rig.commits[0].read_at, rig.now.wall);
  EXPECT_EQ(rig.covered_to(ann), rig.now.wall - rig.options.settle) << "what is younger may still change";
  EXPECT_EQ(rig.told(Kind::messages_stored).size(), 1U);
  EXPECT_EQ(rig.machine->histories_completed(), 1);
  EXPECT_EQ(rig.machine->histories_left(), 0U);
}

TEST(SourceMachineTest, LooksBackFromTheEndOfWhatIsCovered) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3});
  const Instant edge = rig.covered_to(ann);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span, (Interval{edge - rig.options.lookback, rig.now.wall}));
  rig.answer({});
  EXPECT_EQ(rig.waits(), rig.options.poll.interval);
  EXPECT_EQ(rig.covered_to(ann), rig.now.wall - rig.options.settle);
  EXPECT_EQ(rig.commits[0].kind, WindowKind::live);
  EXPECT_TRUE(rig.told(Kind::messages_stored).empty()) << "there was no message";
  EXPECT_EQ(rig.machine->histories_completed(), 0);
}

TEST(SourceMachineTest, AListEndsAtAnEmptyPageNotAtOneOfUnusableElements) {
  SourceRig rig;
  rig.paging = {};
  rig.add(ann);
  ASSERT_TRUE(rig.step());
  rig.answer({}, 2);
  auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->page, 2);
  rig.answer({});
  EXPECT_FALSE(rig.step());
  EXPECT_EQ(rig.commits[0].rejected, 2);
  EXPECT_FALSE(rig.commits[0].verified) << "perhaps they were messages";
}

TEST(SourceMachineTest, APollThatShowsWhatIsStoredNeedsNoSecondPage) {
  SourceRig rig;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  const Row row = numbered_row(1, rig.now.wall - minutes{4});
  rig.messages[ann] = {row};
  const Instant covered = rig.covered_to(ann);
  ASSERT_TRUE(rig.step());
  rig.answer({row});
  EXPECT_EQ(rig.waits(), rig.options.poll.interval);
  EXPECT_EQ(rig.compared, 1);
  EXPECT_FALSE(rig.commits[0].verified);
  EXPECT_FALSE(rig.commits[0].count_by_page);
  EXPECT_EQ(rig.covered_to(ann), covered) << "the end of the list was not proven";
}

TEST(SourceMachineTest, APollThatShowsLessThanIsStoredIsReadToTheEnd) {
  SourceRig rig;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  const Row row = numbered_row(1, rig.now.wall - minutes{4});
  rig.messages[ann] = {row, numbered_row(2, rig.now.wall - minutes{5})};
  ASSERT_TRUE(rig.step());
  rig.answer({row});
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->page, 2);
  rig.answer_end();
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.commits[0].verified);
}

TEST(SourceMachineTest, TheEndOfAListIsProvenAtLeastOnceInALookBack) {
  for (const Milliseconds ago : {Milliseconds{minutes{10}}, Milliseconds{minutes{10}} - Milliseconds{1}}) {
    SourceRig rig;
    rig.paging = {};
    rig.add_covered(ann, ago);
    const Row row = numbered_row(1, rig.now.wall - minutes{11});
    rig.messages[ann] = {row};
    ASSERT_TRUE(rig.step());
    rig.answer({row});
    EXPECT_EQ(rig.step().has_value(), ago == minutes{10});
  }
}

TEST(SourceMachineTest, AFullFirstPageIsNeverTakenForAll) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  const std::vector<Row> rows = rows_between(rig.now.wall - minutes{5}, rig.now.wall - minutes{4}, 2);
  rig.messages[ann] = rows;
  ASSERT_TRUE(rig.step());
  rig.answer(rows);
  EXPECT_TRUE(rig.step());
  EXPECT_EQ(rig.compared, 0);
}

TEST(SourceMachineTest, CoversNothingThatTheOtherClockCallsTheFuture) {
  SourceRig rig;
  rig.add(ann);
  ASSERT_TRUE(rig.step());
  rig.health.skew = -hours{5};  // Only this answer tells.
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.covered_to(ann), rig.now.wall - hours{5} - rig.options.settle);
}

TEST(SourceMachineTest, SplitsAWindowThatHoldsTooManyRowsAndReadsThePresentFirst) {
  SourceRig rig;
  rig.add(ann);
  auto request = rig.step();
  ASSERT_TRUE(request);
  rig.answer(rows_between(request->span.from, request->span.to, 30'000));
  request = rig.step();
  ASSERT_EQ(rig.discards.size(), 1U);
  EXPECT_EQ(rig.discards[0].kind, WindowKind::history);
  const Milliseconds width = *rig.users[ann].widths.history;
  EXPECT_EQ(rig.told(Kind::window_split).at(0).time, width);
  EXPECT_EQ(rig.told(Kind::window_split).at(0).user_id, "user-1");
  EXPECT_LE(width, hours{36});
  ASSERT_TRUE(request);
  const Instant settled = rig.now.wall - rig.options.settle;
  EXPECT_EQ(request->span, (Interval{settled - rig.options.lookback, rig.now.wall})) << "messages do not wait for it";
  rig.answer({});
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span, (Interval{*rig.options.since, *rig.options.since + width})) << "then the oldest part";
  EXPECT_FALSE(rig.commits[0].history_complete);
  EXPECT_EQ(rig.machine->histories_completed(), 0);
}

TEST(SourceMachineTest, OnePassReadsAHistoryInPartsInTheOrderOfTime) {
  SourceRig rig(FetchMode::one_pass);
  rig.add(ann).widths.history = hours{30};
  std::vector<Interval> spans;
  for (auto request = rig.step(); request; request = rig.step()) {
    spans.push_back(request->span);
    rig.answer(rows_between(request->span.from, request->span.to, 7'000));
  }
  EXPECT_TRUE(rig.done);
  const Instant since = *rig.options.since;
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0], (Interval{since, since + hours{30}}));
  const Instant second = since + hours{30} - rig.options.lookback;
  EXPECT_EQ(spans[1], (Interval{second, second + hours{30}}));
  EXPECT_EQ(spans[2], (Interval{second + hours{30}, rig.now.wall}));
  EXPECT_EQ(rig.covered_to(ann), rig.now.wall - rig.options.settle);
}

TEST(SourceMachineTest, PartsOfAHistoryGrowWhenTheyHoldFewRows) {
  SourceRig rig(FetchMode::one_pass);
  rig.add(ann).widths.history = hours{2};
  ASSERT_TRUE(rig.step());
  rig.answer({});
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(rig.users[ann].widths.history, Milliseconds{hours{8}});
  EXPECT_EQ(request->span.to - request->span.from, hours{8});
  rig.answer({numbered_row(1, request->span.from)});
  ASSERT_TRUE(rig.step());
  EXPECT_EQ(rig.users[ann].widths.live, Milliseconds{hours{16}}) << "the rest of one pass is a live read";
}

TEST(SourceMachineTest, AWidthThatHasOutgrownTheHistoryIsForgotten) {
  SourceRig rig(FetchMode::one_pass);
  rig.add(ann).widths.history = hours{20};
  ASSERT_TRUE(rig.step());
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.users[ann].widths.history, std::nullopt);
}

TEST(SourceMachineTest, AReadThatIsShorterThanTheWidthDoesNotMakeItWider) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3}).widths.live = hours{1};
  ASSERT_TRUE(rig.step());
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.users[ann].widths.live, Milliseconds{hours{1}});
}

TEST(SourceMachineTest, ABusyTimeOfTheHistoryDoesNotNarrowTheLiveReads) {
  SourceRig rig;
  rig.add_covered(ann, minutes{5}).widths.history = Milliseconds{10};
  const Instant edge = rig.covered_to(ann);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span, (Interval{edge - rig.options.lookback, rig.now.wall}));
  rig.answer({});
  EXPECT_FALSE(rig.step()) << "one read for all that is new";
  EXPECT_EQ(rig.users[ann].widths.history, Milliseconds{10});
}

TEST(SourceMachineTest, ABusyPresentDoesNotNarrowTheHistory) {
  SourceRig rig(FetchMode::one_pass);
  rig.add(ann).widths.live = Milliseconds{10};
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span, (Interval{*rig.options.since, rig.now.wall}));
}

TEST(SourceMachineTest, WhatNobodyReadForLongIsReadInPartsLikeAHistory) {
  SourceRig rig;
  rig.add_covered(ann, hours{20}).widths.history = hours{2};
  const Instant edge = rig.covered_to(ann);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span.to - request->span.from, hours{2});
  EXPECT_EQ(request->span.from, edge) << "what is new";
}

TEST(SourceMachineTest, NewMessagesTakeTurnsWithALookBackInParts) {
  SourceRig rig;
  rig.add_covered(ann, minutes{5}).widths.live = minutes{4};
  const Instant edge = rig.covered_to(ann);
  std::vector<Milliseconds> starts;
  for (auto request = rig.step(); request && starts.size() < 10; request = rig.step()) {
    starts.push_back(request->span.from - edge);
    rig.answer(rows_between(request->span.from, request->span.to, 7'000));
  }
  const std::vector<Milliseconds> expected{minutes{0}, minutes{-10}, minutes{4}, minutes{-6}, minutes{-2}, minutes{2}};
  EXPECT_EQ(starts, expected);
  EXPECT_EQ(rig.covered_to(ann), rig.now.wall - rig.options.settle);
  EXPECT_EQ(rig.wake_up, rig.now.steady + rig.options.poll.interval);
  EXPECT_EQ(rig.users[ann].coverage.intervals().size(), 1U);
}

TEST(SourceMachineTest, OnePassReadsALookBackInPartsAndNothingTwice) {
  SourceRig rig(FetchMode::one_pass);
  rig.add_covered(ann, minutes{5}).widths.live = minutes{4};
  const Instant edge = rig.covered_to(ann);
  std::vector<Milliseconds> starts;
  for (auto request = rig.step(); request && starts.size() < 10; request = rig.step()) {
    starts.push_back(request->span.from - edge);
    rig.answer(rows_between(request->span.from, request->span.to, 7'000));
  }
  EXPECT_EQ(starts, (std::vector<Milliseconds>{minutes{-10}, minutes{-6}, minutes{-2}, minutes{2}}));
  EXPECT_TRUE(rig.done);
}

TEST(SourceMachineTest, APartOfALookBackIsReadToTheEndEvenWhereNothingIsNew) {
  SourceRig rig;
  rig.paging = {};
  rig.add_covered(ann, minutes{5}).widths.live = minutes{4};
  ASSERT_TRUE(rig.step());
  rig.answer({numbered_row(1, rig.now.wall - minutes{4})});
  ASSERT_TRUE(rig.step());
  EXPECT_EQ(rig.compared, 0);
}

TEST(SourceMachineTest, ALookBackInPartsThatTookLongerThanAPollIsFollowedByALiveReadAtOnce) {
  for (const bool slow : {false, true}) {
    SourceRig rig;
    rig.add_covered(ann, minutes{5}).widths.live = minutes{14};
    ASSERT_TRUE(rig.step()) << "what is new";
    rig.answer({});
    ASSERT_TRUE(rig.step()) << "the look-back";
    rig.pass(slow ? rig.options.poll.interval : rig.options.poll.interval - Milliseconds{1});
    rig.answer({});
    ASSERT_TRUE(rig.step()) << "the rest";
    rig.answer({});
    EXPECT_EQ(rig.step().has_value(), slow);
  }
}

TEST(SourceMachineTest, AReadThatAnOutageHeldUpIsFollowedByALiveReadAtOnce) {
  for (const bool slow : {false, true}) {
    SourceRig rig;
    rig.add_covered(ann, minutes{5});
    ASSERT_TRUE(rig.step());
    rig.pass(slow ? rig.options.poll.interval : rig.options.poll.interval - Milliseconds{1});
    rig.answer({});
    EXPECT_EQ(rig.step().has_value(), slow) << "the window ends where the present was when it was planned";
    if (!slow) {
      EXPECT_EQ(rig.wake_up, rig.now.steady + Milliseconds{1}) << "the pause counts from there";
    }
  }
}

TEST(SourceMachineTest, AStoredReadGoesOnAtItsNextPageInItsOwnWindow) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add(ann);
  const auto first = rig.step();
  ASSERT_TRUE(first);
  rig.answer(rows_between(first->span.from, first->span.to, 2));
  ASSERT_TRUE(rig.step());
  rig.answer({numbered_row(7, first->span.from)});
  const auto third = rig.step();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->page, 3);
  EXPECT_EQ(rig.pages_stored, 1) << "the latest page is kept back: it may be the last";
  rig.machine->on_abandoned(ann, rig.now);
  rig.reading.reset();
  rig.pass(minutes{1});
  const auto resumed = rig.step();
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->page, 2);
  EXPECT_EQ(resumed->span, first->span) << "the window is frozen";
}

TEST(SourceMachineTest, AReadOfTheHistoryYieldsToALiveReadThatIsDue) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add(ann);
  auto request = rig.step();
  ASSERT_TRUE(request);
  const Interval history = request->span;
  rig.answer(rows_between(history.from, history.to, 2));
  rig.add_covered(bob, minutes{3});
  rig.machine->on_joined({bob}, {bob}, rig.now);
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user_id, "user-1") << "the live read of the other one is not due yet";
  rig.pass(rig.options.poll.interval);
  rig.answer({numbered_row(7, history.from)});
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user_id, "user-2");
  EXPECT_EQ(rig.pages_stored, 2);
  rig.answer_end();
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->page, 3);
  EXPECT_EQ(request->span, history);
}

TEST(SourceMachineTest, WhatWasBegunIsFinishedHoweverManyNewUsersWait) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  for (UserRow user = 1; user <= 600; ++user) {
    rig.add(user);
  }
  for (int requests = 0; requests < 60; ++requests) {
    const auto request = rig.step();
    ASSERT_TRUE(request);
    const auto begun = std::count_if(rig.users.begin(), rig.users.end(),
                                     [](const auto& user) { return !user.second.windows.empty(); });
    EXPECT_LE(begun, 1) << "what was begun is finished first";
    rig.pass(seconds{10});
    if (request->page == 1) {
      rig.answer({numbered_row(1, request->span.from), numbered_row(2, request->span.from + hours{1})});
    } else {
      rig.answer_end();
    }
  }
  EXPECT_GE(rig.machine->histories_completed(), 5) << "messages flow from the first user on";
  EXPECT_EQ(rig.told(Kind::messages_stored).size(), static_cast<std::size_t>(rig.machine->histories_completed()));
  EXPECT_EQ(rig.machine->histories_left(), 600 - static_cast<std::size_t>(rig.machine->histories_completed()));
}

TEST(SourceMachineTest, ASuspendedHistoryGoesBeforeThoseThatWereNotBegun) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add_covered(bob, minutes{3});
  auto request = rig.step();
  ASSERT_TRUE(request);
  rig.answer({});
  for (UserRow user = 10; user < 20; ++user) {
    rig.add(user);
    rig.machine->on_joined({user}, {}, rig.now);
  }
  request = rig.step();
  ASSERT_TRUE(request);
  const std::string begun = request->user_id;
  rig.pass(rig.options.poll.interval);
  rig.answer(rows_between(request->span.from, request->span.to, 2));
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user_id, "user-2") << "its live read is due";
  rig.answer({});
  request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user_id, begun);
  EXPECT_EQ(request->page, 2);
}

TEST(SourceMachineTest, AListWithElementsThatNobodyCanReadIsStoredButNotCovered) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3});
  const Instant covered = rig.covered_to(ann);
  ASSERT_TRUE(rig.step());
  rig.answer({numbered_row(1, rig.now.wall)}, 2);
  EXPECT_EQ(rig.waits(), rig.options.poll.interval) << "its newer messages do not wait";
  EXPECT_EQ(rig.covered_to(ann), covered);
  EXPECT_EQ(rig.messages[ann].size(), 1U);
  EXPECT_FALSE(rig.commits.back().verified);
  ASSERT_EQ(rig.told(Kind::rows_unreadable).size(), 1U);
  EXPECT_EQ(rig.told(Kind::rows_unreadable)[0].count, 2);
  ASSERT_EQ(rig.told(Kind::drift).size(), 1U);
  EXPECT_NE(rig.told(Kind::drift)[0].detail.find("an odd thing"), std::string::npos);
  // What comes later is covered, and the rest is read again until it can be read.
  for (int polls = 0; polls < 30 && rig.told(Kind::rows_readable).empty(); ++polls) {
    ASSERT_TRUE(rig.step_when_due());
    rig.answer({});
    rig.step();
  }
  EXPECT_EQ(rig.told(Kind::rows_readable).size(), 1U);
  EXPECT_EQ(rig.covered_to(ann), rig.commits.back().read_at - rig.options.settle);
}

TEST(SourceMachineTest, OnePassSaysWhomItCouldNotReadWhole) {
  SourceRig rig(FetchMode::one_pass);
  rig.add(ann);
  rig.add(bob);
  ASSERT_TRUE(rig.step());
  rig.answer({numbered_row(1, rig.now.wall)}, 1);
  ASSERT_TRUE(rig.step());
  rig.answer({});
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.done);
  EXPECT_EQ(rig.machine->users_failed(), 1U);
  EXPECT_NE(rig.machine->last_error().find("1 element"), std::string::npos);
}

TEST(SourceMachineTest, ARowThatLacksWhatAllRowsHadIsHeldBackUntilThatIsAccepted) {
  for (const bool accepted : {false, true}) {
    SourceRig rig;
    if (accepted) {
      rig.options.api.accept_missing = {"response"};
    }
    Row known = numbered_row(1, rig.now.wall);
    for (const RowMember member : {RowMember::timestamp, RowMember::sender, RowMember::response}) {
      known.members.add(member);
    }
    Row renamed = numbered_row(2, rig.now.wall);
    renamed.members.add(RowMember::timestamp);
    renamed.members.add(RowMember::sender);
    for (int i = 0; i < 3; ++i) {
      rig.members.learn(known);
    }
    rig.add_covered(ann, minutes{3});
    ASSERT_TRUE(rig.step());
    rig.answer({known, renamed});
    rig.step();
    EXPECT_EQ(rig.messages[ann].size(), accepted ? 2U : 1U);
    EXPECT_EQ(rig.commits.back().covered.has_value(), accepted);
    ASSERT_EQ(rig.told(Kind::drift).size(), accepted ? 0U : 1U);
    EXPECT_TRUE(accepted || rig.told(Kind::drift)[0].detail.find("accept_missing: [response]") != std::string::npos);
  }
}

TEST(SourceMachineTest, TheDirectionOfTheListsIsLearntOnceAndKept) {
  for (const bool newest_first : {false, true}) {
    SourceRig rig;
    rig.add_covered(ann, minutes{3});
    ASSERT_TRUE(rig.step());
    const Instant first = rig.now.wall - (newest_first ? seconds{1} : seconds{9});
    const Instant second = rig.now.wall - (newest_first ? seconds{9} : seconds{1});
    rig.answer({numbered_row(1, first), numbered_row(2, second)});
    rig.step();
    ASSERT_TRUE(rig.facts_saved);
    EXPECT_EQ(paging_facts_from(to_text(rig.facts_saved->paging)).newest_first, newest_first);
    ASSERT_TRUE(rig.step_when_due());
    rig.answer({numbered_row(3, rig.now.wall), numbered_row(4, rig.now.wall)});
    rig.step();
    EXPECT_EQ(rig.commits.back().newest_first, newest_first) << "a list of one second tells nothing itself";
  }
}

TEST(SourceMachineTest, OnePassYieldsToNobody) {
  SourceRig rig(FetchMode::one_pass);
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add(ann);
  rig.add(bob);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  rig.answer(rows_between(request->span.from, request->span.to, 2));
  const auto next = rig.step();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->user_id, request->user_id);
  EXPECT_EQ(next->page, 2);
}

TEST(SourceMachineTest, AUserWhoLeftIsReadUntilTheDepartureIsCoveredAndThenGone) {
  for (const bool covered : {false, true}) {
    SourceRig rig;
    UserState& user = rig.add_covered(ann, minutes{3});
    user.status = UserStatus::draining;
    const Milliseconds reach = rig.options.lookback + rig.options.settle;
    user.departed = rig.now.wall - reach + (covered ? Milliseconds{0} : Milliseconds{1});
    ASSERT_TRUE(rig.step());
    rig.answer({});
    rig.step();
    EXPECT_EQ(rig.commits[0].status.has_value(), covered) << "what comes late could still come";
    EXPECT_EQ(rig.machine->users(), covered ? 0U : 1U);
    EXPECT_EQ(rig.told(Kind::user_gone).size(), covered ? 1U : 0U);
  }
}

TEST(SourceMachineTest, AUserWhoIsListedAgainDuringTheLastReadStays) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3}).departed = rig.now.wall - hours{1};
  rig.listed_again = true;
  ASSERT_TRUE(rig.step());
  rig.machine->on_joined({ann}, {}, rig.now);
  rig.answer({});
  EXPECT_EQ(rig.waits(), rig.options.poll.interval);
  EXPECT_EQ(rig.machine->users(), 1U);
  EXPECT_TRUE(rig.told(Kind::user_gone).empty());
}

TEST(SourceMachineTest, WhoJoinsIsReadAtOnceBeginningWithTheHistory) {
  SourceRig rig;
  rig.start();
  EXPECT_FALSE(rig.step());
  EXPECT_EQ(rig.wake_up, std::nullopt);
  rig.add(ann);
  rig.machine->on_joined({ann}, {}, rig.now);
  const auto request = rig.step();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->span.from, *rig.options.since);
  EXPECT_TRUE(rig.machine->busy(rig.now.steady));
}

TEST(SourceMachineTest, AClockBeforeTheStartWaitsForIt) {
  SourceRig rig;
  rig.options.since = rig.now.wall + hours{1};
  rig.add(ann);
  EXPECT_EQ(rig.waits(), rig.options.poll.interval);
  SourceRig once(FetchMode::one_pass);
  once.options.since = once.now.wall + hours{1};
  once.add(ann);
  EXPECT_FALSE(once.step());
  EXPECT_TRUE(once.done);
  EXPECT_EQ(once.machine->users_failed(), 0U);
}

TEST(SourceMachineTest, SilentUsersAreReadLessOftenWhereTheSourceIsSlow) {
  SourceRig rig;
  rig.health.capacity = 0.001;
  rig.add_covered(ann, minutes{3});
  rig.messages[ann] = {numbered_row(1, rig.now.wall - hours{5})};
  ASSERT_TRUE(rig.step());
  rig.answer({});
  EXPECT_EQ(rig.waits(), minutes{30}) << "a tenth of the silence";
  SourceRig never;
  never.health.capacity = 0.001;
  never.add_covered(ann, minutes{3});
  ASSERT_TRUE(never.step());
  never.answer({});
  EXPECT_EQ(never.waits(), never.options.poll.max_staleness);
}

TEST(SourceMachineTest, ALongUnreadUserIsToldOnce) {
  SourceRig rig;
  rig.options.since = rig.now.wall - hours{24 * 100};
  rig.add_covered(ann, hours{24 * 20});
  rig.add_covered(bob, hours{24 * 25});
  ASSERT_TRUE(rig.step());
  rig.answer({});
  ASSERT_TRUE(rig.step());
  ASSERT_EQ(rig.told(Kind::retention_near).size(), 1U);
  EXPECT_GE(rig.told(Kind::retention_near)[0].time, hours{24 * 20});
  SourceRig fine;
  fine.options.since = rig.options.since;
  fine.add_covered(ann, hours{24 * 20} - Milliseconds{1});
  ASSERT_TRUE(fine.step());
  EXPECT_TRUE(fine.told(Kind::retention_near).empty());
}

TEST(SourceMachineTest, LateMessagesAdviseALongerLookBackOnce) {
  SourceRig rig;
  rig.add_covered(ann, minutes{3});
  for (const Milliseconds late : {Milliseconds{seconds{5}}, Milliseconds{minutes{30}}, Milliseconds{minutes{60}}}) {
    rig.lateness = {late};
    ASSERT_TRUE(rig.step_when_due());
    rig.answer({});
    rig.step();
  }
  ASSERT_EQ(rig.told(Kind::late_messages).size(), 1U);
  EXPECT_EQ(rig.told(Kind::late_messages)[0].count, 2);
  EXPECT_GE(rig.told(Kind::late_messages)[0].time, minutes{30});
}

TEST(SourceMachineTest, EachDeviationOfTheApiIsToldOnce) {
  SourceRig rig;
  rig.options.limits.page_size = 2;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  for (int reads = 0; reads < 2; ++reads) {
    ASSERT_TRUE(rig.step_when_due());
    rig.answer({numbered_row(1, std::nullopt), numbered_row(2, rig.now.wall), numbered_row(3, rig.now.wall)});
    while (rig.step()) {
      rig.answer_end();
    }
  }
  std::vector<std::string> told;
  for (const SourceNotice& notice : rig.told(Kind::dialect)) {
    told.push_back(notice.detail);
  }
  EXPECT_EQ(told,
            (std::vector<std::string>{"the source sends more rows than asked for: it ignores api.page_size_parameter",
                                      "a row carries a time that cannot be read: it is stored without one"}));
}

TEST(SourceMachineTest, SourcesThatCapOrVaryTheirPagesAreTold) {
  SourceRig rig;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  std::uint8_t number = 0;
  for (const int size : {3, 2, 1}) {
    ASSERT_TRUE(rig.step());
    std::vector<Row> rows;
    for (int i = 0; i < size; ++i) {
      rows.push_back(numbered_row(++number, rig.now.wall - minutes{number}));
    }
    rig.answer(rows);
  }
  ASSERT_TRUE(rig.step());
  ASSERT_EQ(rig.told(Kind::dialect).size(), 2U);
  EXPECT_EQ(rig.told(Kind::dialect)[0].detail, "the source caps its pages at 3 rows");
  EXPECT_EQ(rig.told(Kind::dialect)[1].detail,
            "the source fills its pages unevenly: every list is read to a proven end");
}

TEST(SourceMachineTest, WhatWasLearntOfPagingIsSavedWhenItHasChanged) {
  SourceRig rig;
  rig.paging = {};
  rig.add_covered(ann, minutes{3});
  ASSERT_TRUE(rig.step());
  rig.answer({});
  rig.step();
  ASSERT_TRUE(rig.facts_saved);
  EXPECT_EQ(rig.facts_saved->paging.asked_size, rig.options.limits.page_size);
  rig.facts_saved.reset();
  ASSERT_TRUE(rig.step_when_due());
  rig.answer({});
  rig.step();
  EXPECT_EQ(rig.facts_saved, std::nullopt);
}

TEST(SourceMachineTest, WhatIsNewsReachesAsFarAsReadsLookBackAndTenMinutesAtLeast) {
  SourceOptions options;
  options.lookback = minutes{5};
  options.settle = minutes{2};
  EXPECT_EQ(news_margin(options), minutes{10});
  options.lookback = minutes{9};
  EXPECT_EQ(news_margin(options), minutes{11});
}

}  // namespace
}  // namespace elit
