#include "daemon/fetch/source_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>

#include "tests/daemon/fetch/fetching_rig.hpp"

namespace elit::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SourceLoopTest : public FetchingTest {};

HttpResponse answer_of(int status, std::string body = {}, std::vector<HttpHeader> headers = {}) {
  HttpResponse answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return answer;
}

HttpResponse refusal() {
  return answer_of(400, R"({"code":1002,"message":"INVALID_BOT_OR_CUSTOMER_ID","details":"no such user"})");
}

TEST_F(SourceLoopTest, TheFirstPassStoresAndCoversEverything) {
  pass();
  expect_everything_stored_and_covered();
  EXPECT_FALSE(loop_->shortfall().any()) << loop_->shortfall().last_error;
  EXPECT_GT(stored_, 0) << "the delivering half is told";
}

TEST_F(SourceLoopTest, ASecondPassAsksOncePerAudienceAndOncePerUserAndStoresNothing) {
  pass();
  const std::int64_t before = store_->ledger(1).stored;
  pass();
  EXPECT_EQ(reads(), 4);
  EXPECT_EQ(requests_.size(), 5U);
  EXPECT_EQ(store_->ledger(1).stored, before);
}

TEST_F(SourceLoopTest, WhatArrivesBetweenTwoPassesIsStoredByTheSecond) {
  pass();
  timer_.pass(minutes{3});
  say(first_user(), timer_.now().wall - minutes{1}, "on time");
  say(first_user(), test_start - minutes{4}, "late, within the look-back");
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, SmallPagesInAnyOrderBringEverything) {
  options_.limits.page_size = 4;
  for (const auto order : {simulator::PageOrder::oldest_first, simulator::PageOrder::unsorted}) {
    api_options_.dialect.page_order = order;
    make_api();
    pass();
    expect_everything_stored_and_covered();
    options_.name += "-again";
  }
}

TEST_F(SourceLoopTest, ACapBelowTheAskedSizeAndARepeatedLastPageLoseNothing) {
  api_options_.dialect.page_cap = 5;
  api_options_.dialect.past_the_end = simulator::PastTheEnd::repeat_last;
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, AHalfReadWindowGoesOnAtItsNextPageAfterARestart) {
  options_.limits.page_size = 5;
  hang_after_ = 4;  // the list and three pages
  start();
  ASSERT_FALSE(ended_);
  const HttpRequest interrupted = requests_.back();
  EXPECT_EQ(parameter(interrupted, "page_number"), "4");
  stop();
  timer_.pass(minutes{30});
  pass();
  const auto resumed = std::find_if(requests_.begin(), requests_.end(), asks_for_messages);
  ASSERT_NE(resumed, requests_.end());
  EXPECT_EQ(parameter(*resumed, "page_number"), "3") << "page 3 was under way to the store, pages 1 and 2 were kept";
  EXPECT_EQ(parameter(*resumed, "end_date"), parameter(interrupted, "end_date")) << "the window is frozen";
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, AnotherPageSizeAfterARestartLosesNothingOfAHalfReadWindow) {
  for (const int size : {500, 7, 3}) {
    SCOPED_TRACE(size);
    options_.name = "support-" + std::to_string(size);
    options_.limits.page_size = 5;
    hang_after_ = 3;  // the list and two pages; the first of them is kept
    start();
    stop();
    options_.limits.page_size = size;
    pass();
    expect_everything_stored_and_covered();
  }
  EXPECT_FALSE(logged("drift")) << "the pages that were kept say nothing about the new size";
}

TEST_F(SourceLoopTest, RowsInsertedWhileTheProgramWasDownAreNotLost) {
  options_.limits.page_size = 5;
  hang_after_ = 4;
  start();
  stop();
  for (int i = 0; i < 7; ++i) {
    say(first_user(), test_start - hours{1} + seconds{i}, "late " + std::to_string(i));
  }
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, AServerThatIgnoresThePageNumberIsReadInParts) {
  api_options_.dialect.page_number_obeyed = false;
  options_.limits.page_size = 10;
  pass(20'000);
  expect_everything_stored_and_covered();
  EXPECT_TRUE(logged("window_split"));
}

TEST_F(SourceLoopTest, AUserInErrorIsParkedAndTheOthersGoOn) {
  make_api();
  api_->faults().bad_user = first_user();
  pass();
  EXPECT_EQ(loop_->shortfall().users_failed, 1);
  EXPECT_EQ(users().at(first_user()).status, storage::UserStatus::parked);
  EXPECT_TRUE(logged("user_parked"));
  EXPECT_FALSE(logged("source_down"));
  for (const simulator::User& user : api_->world().users()) {
    if (user.id != first_user()) {
      EXPECT_EQ(stored_of(user.id), static_cast<std::int64_t>(user.messages.size()));
    }
  }
  api_->faults().bad_user.clear();
  pass();
  expect_everything_stored_and_covered();
  EXPECT_EQ(users().at(first_user()).status, storage::UserStatus::following);
}

TEST_F(SourceLoopTest, ThatTheLastUserIsRefusedIsNoWrongConfiguration) {
  make_api();
  api_->faults().bad_user = api_->world().users().back().id;
  pass();
  EXPECT_EQ(loop_->shortfall().users_failed, 1);
  EXPECT_FALSE(logged("source_down"));
}

TEST_F(SourceLoopTest, ThatEverybodyIsRefusedIsAWrongConfigurationAndParksNobodyForLong) {
  intercept_ = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    return asks_for_messages(request) ? std::optional<Result<HttpResponse>>(refusal()) : std::nullopt;
  };
  pass();
  EXPECT_EQ(reads(), 4) << "one request a user";
  EXPECT_TRUE(logged("source_down"));
  store_->visit_users(1, [this](const storage::ScheduledUser& user) {
    ASSERT_TRUE(user.parked_until);
    EXPECT_LE(*user.parked_until, timer_.now().wall + minutes{2});
  });
  intercept_ = {};
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, ARefusedKeyPausesAfterOneRequestAndTheRightOneGoesOn) {
  key_ = "wrong";
  start();
  EXPECT_EQ(requests_.size(), 1U);
  wait(seconds{5});
  EXPECT_EQ(requests_.size(), 1U) << "a refused key is not tried again and again";
  EXPECT_TRUE(logged("source_paused"));
  key_ = "the-key";
  wait(seconds{1});
  EXPECT_TRUE(ended_);
  EXPECT_TRUE(logged("source_resumed"));
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, ARefusedKeyIsTriedAgainAfterFifteenSecondsAndThenTwiceAsLate) {
  bool refuses = true;
  intercept_ = [&refuses](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    return refuses ? std::optional<Result<HttpResponse>>(answer_of(401)) : std::nullopt;
  };
  start();
  for (const Milliseconds distance : {seconds{15}, seconds{30}}) {
    const std::size_t before = requests_.size();
    wait(distance - Milliseconds{1});
    EXPECT_EQ(requests_.size(), before);
    wait(Milliseconds{1});
    EXPECT_EQ(requests_.size(), before + 1);
  }
  refuses = false;
  wait(seconds{60});
  EXPECT_TRUE(ended_);
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, AKeyThatWasChangedWhileARequestWasUnderWayIsUsedAtOnceAndWithoutAPause) {
  intercept_ = [this](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
    if (key_ == "the-key") {
      return std::nullopt;
    }
    key_ = "the-key";
    loop_->reload_secret();
    return answer_of(401);
  };
  key_ = "the-old-key";
  pass();
  EXPECT_FALSE(logged("source_paused")) << "what was refused is not the key that is in force";
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, OnePassWithARefusedKeyGivesUpAfterOneRequest) {
  key_ = "wrong";
  patience_ = seconds{60};
  pass();
  EXPECT_EQ(requests_.size(), 1U);
  EXPECT_TRUE(loop_->shortfall().gave_up);
  EXPECT_TRUE(users().empty());
}

TEST_F(SourceLoopTest, AWishToWaitHoldsEveryConnection) {
  options_.limits.concurrency = 3;
  bool throttled = false;
  intercept_ = [&throttled](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!asks_for_messages(request) || std::exchange(throttled, true)) {
      return std::nullopt;
    }
    return answer_of(429, "{}", {{"Retry-After", "30"}});
  };
  start();
  const std::size_t before = requests_.size();
  EXPECT_FALSE(ended_);
  EXPECT_TRUE(logged("throttled"));
  wait(seconds{29});
  EXPECT_EQ(requests_.size(), before);
  wait(seconds{2});
  for (int i = 0; i < 50 && !ended_; ++i) {
    wait(minutes{2});
  }
  EXPECT_TRUE(ended_);
  EXPECT_GT(requests_.size(), before);
}

TEST_F(SourceLoopTest, AListThatNeverComesToRestIsStoredWithoutBeingCovered) {
  api_options_.world.users = 1;
  options_.limits.page_size = 5;
  int said = 0;
  intercept_ = [this, &said](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (asks_for_messages(request)) {
      ++said;
      say(first_user(), test_start - minutes{30} + Milliseconds{said}, "restless " + std::to_string(said));
    }
    return std::nullopt;
  };
  start();
  for (int i = 0; i < 20 && !ended_; ++i) {
    wait(minutes{1});
  }
  ASSERT_TRUE(ended_);
  EXPECT_EQ(loop_->shortfall().users_failed, 1);
  EXPECT_TRUE(logged("window_unstable"));
  EXPECT_GT(stored_of(first_user()), 0);
  EXPECT_EQ(users().at(first_user()).coverage.end(), std::nullopt);
  intercept_ = {};
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, AUserWhoMatchesNoMoreIsFollowedUntilTheDepartureIsCovered) {
  pass();
  timer_.pass(minutes{1});
  const std::string leaver = first_user();
  for (auto& [name, value] : api_->world().find(leaver)->attributes) {
    value = name == "followed" ? "no" : value;
  }
  pass();
  ASSERT_EQ(users().at(leaver).status, storage::UserStatus::draining);
  say(leaver, timer_.now().wall, "a last word");
  timer_.pass(options_.lookback + options_.settle - seconds{1});
  pass();
  ASSERT_TRUE(users().contains(leaver)) << "what comes late could still come";
  EXPECT_EQ(stored_of(leaver), static_cast<std::int64_t>(api_->world().find(leaver)->messages.size()));
  timer_.pass(seconds{2});
  pass();
  timer_.pass(options_.lookback);
  pass();
  EXPECT_FALSE(users().contains(leaver));
  EXPECT_TRUE(logged("user_gone"));
  pass();
  EXPECT_EQ(reads_of(leaver), 0);
}

TEST_F(SourceLoopTest, AnEmptyListAlarmsAndLetsNobodyGo) {
  pass();
  api_->faults().users_empty.on = true;
  timer_.pass(minutes{1});
  pass();
  EXPECT_TRUE(logged("roster_alarm"));
  EXPECT_EQ(reads(), 4);
  for (const auto& [id, user] : users()) {
    EXPECT_EQ(user.status, storage::UserStatus::following);
  }
}

TEST_F(SourceLoopTest, AListThatCannotBeReadMovesNobodyAndIsAShortfall) {
  pass();
  intercept_ = [](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    return asks_for_messages(request) ? std::nullopt : std::optional<Result<HttpResponse>>(refusal());
  };
  pass();
  EXPECT_TRUE(loop_->shortfall().listing_failed);
  EXPECT_EQ(reads(), 4);
  EXPECT_EQ(users().size(), 4U);
}

TEST_F(SourceLoopTest, AUserOfTwoAudiencesIsOneUser) {
  make_api();
  for (simulator::User& user : api_->world().users()) {
    user.attributes.emplace_back("feedback", "1");
  }
  options_.audiences.push_back({"feedback", "1"});
  pass();
  expect_everything_stored_and_covered();
  EXPECT_EQ(users().size(), 4U);
  for (auto& [name, value] : api_->world().find(first_user())->attributes) {
    value = name == "feedback" ? "2" : value;
  }
  timer_.pass(minutes{1});
  pass();
  EXPECT_EQ(users().at(first_user()).status, storage::UserStatus::following) << "the other audience still has it";
  EXPECT_EQ(reads_of(first_user()), 1);
}

TEST_F(SourceLoopTest, AStartYoungerThanSettleIsReadOnceNotAgainAndAgain) {
  options_.since = test_start - seconds{30};
  pass(50);
  EXPECT_LE(reads(), 8);
}

TEST_F(SourceLoopTest, APassInNarrowWindowsDoesNotStopWhereNothingIsNew) {
  api_options_.world.users = 1;
  api_options_.world.messages_per_user_day = 0;
  api_options_.world.burst = 0;
  make_api();
  for (int i = 0; i < 3; ++i) {
    say(first_user(), test_start - hours{1} + seconds{i}, "early " + std::to_string(i));
  }
  timer_.set_clock(-minutes{50});
  pass();
  say(first_user(), test_start - minutes{3}, "the newest");
  timer_.pass(minutes{50});
  store_->discard_window(users().at(first_user()).row, storage::WindowKind::live, minutes{20});
  pass();
  expect_everything_stored_and_covered();
}

TEST_F(SourceLoopTest, ALookBackThatIsLongerThanTheWindowsIsReadInParts) {
  pass();
  timer_.pass(minutes{5});
  say(first_user(), timer_.now().wall - minutes{14}, "late");
  say(first_user(), timer_.now().wall - minutes{1}, "new");
  store_->discard_window(users().at(first_user()).row, storage::WindowKind::live, minutes{2});
  pass();
  expect_everything_stored_and_covered();
  EXPECT_EQ(users().at(first_user()).coverage.intervals().size(), 1U);
  EXPECT_GT(reads_of(first_user()), 1);
}

TEST_F(SourceLoopTest, WhatIsNewDoesNotWaitUntilTheLookBackIsReadInParts) {
  api_options_.world.users = 1;
  pass();
  const Instant edge = *users().at(first_user()).coverage.end();
  timer_.pass(minutes{5});
  store_->discard_window(users().at(first_user()).row, storage::WindowKind::live, minutes{2});
  start(SourceLoop::Mode::forever);
  std::vector<std::int64_t> starts;
  for (const HttpRequest& request : requests_) {
    if (asks_for_messages(request) && parameter(request, "page_number") == "1") {
      starts.push_back(std::stoll(parameter(request, "start_date").value()) + 1 - to_ms(edge));
    }
  }
  ASSERT_GE(starts.size(), 2U);
  EXPECT_EQ(starts[0], 0) << "from where the coverage ends";
  EXPECT_EQ(starts[1], -options_.lookback.count()) << "then the look-back";
  EXPECT_EQ(*users().at(first_user()).coverage.end(), timer_.now().wall - options_.settle);
  EXPECT_LE(reads(), 20);
  stop();
}

TEST_F(SourceLoopTest, AReadThatIsShorterThanTheWindowsMayBeDoesNotMakeThemWider) {
  api_options_.world.users = 1;
  pass();
  timer_.pass(minutes{5});
  store_->discard_window(users().at(first_user()).row, storage::WindowKind::live, hours{1});
  pass();
  EXPECT_EQ(users().at(first_user()).widths.live, Milliseconds{hours{1}}) << "it may be all that fits";
}

// Our clock is a day ahead, and only the answers to this read show it.
TEST_F(SourceLoopTest, AReadDuringWhichOurClockTurnsOutToBeAheadProvesNothingOfTheFuture) {
  make_api();
  intercept_ = [this](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (asks_for_messages(request)) {
      api_->api().dialect().clock_skew_s = -86'400;
    }
    return std::nullopt;
  };
  pass();
  for (const auto& [id, user] : users()) {
    EXPECT_LE(user.coverage.end().value_or(Instant::min()), timer_.now().wall - hours{24});
  }
}

// The clock was ahead when the read began, and nothing of the read was covered before it failed.
TEST_F(SourceLoopTest, AReadThatGoesOnAfterOurClockWasPutRightProvesNothingOfTheFuture) {
  options_.limits.page_size = 3;
  api_options_.world.users = 1;
  pass();
  for (int i = 0; i < 7; ++i) {
    say(first_user(), test_start - seconds{10 + i}, "new " + std::to_string(i));
  }
  timer_.set_clock(hours{24});
  int asked = 0;
  intercept_ = [this, &asked](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!asks_for_messages(request)) {
      return std::nullopt;
    }
    ++asked;
    api_->api().dialect().clock_skew_s = asked < 3 ? -86'400 : 0;
    if (asked != 3) {
      return std::nullopt;
    }
    timer_.set_clock(-hours{24});
    return answer_of(500);
  };
  start();
  for (int turn = 0; turn < 100 && !ended_; ++turn) {
    wait(seconds{30});
  }
  ASSERT_TRUE(ended_);
  EXPECT_GT(asked, 3);
  EXPECT_LE(*users().at(first_user()).coverage.end(), timer_.now().wall);
}

TEST_F(SourceLoopTest, AUserWhoseListGetsOnPageByPageIsNotParked) {
  options_.limits.page_size = 3;
  api_options_.world.users = 1;
  make_api();
  Random luck(5);
  int failed = 0;
  intercept_ = [&luck, &failed](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
    if (!asks_for_messages(request) || luck.fraction() < 0.55) {
      return std::nullopt;
    }
    ++failed;
    return answer_of(500);
  };
  start();
  for (int turn = 0; turn < 100 && !ended_; ++turn) {
    wait(minutes{2});
  }
  ASSERT_TRUE(ended_);
  EXPECT_FALSE(logged("user_parked"));
  EXPECT_FALSE(loop_->shortfall().any());
  EXPECT_GT(failed, 5);
}

TEST_F(SourceLoopTest, AClockThatGoesBackADayStillFindsWhatIsNew) {
  pass();
  timer_.set_clock(-hours{24});
  say(first_user(), test_start - minutes{1}, "dated by the source, whose clock is right");
  pass();
  EXPECT_EQ(stored_of(first_user()), static_cast<std::int64_t>(api_->world().find(first_user())->messages.size()));
  EXPECT_FALSE(loop_->shortfall().any());
}

}  // namespace
}  // namespace elit::daemon
