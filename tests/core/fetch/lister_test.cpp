#include "core/fetch/lister.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<ListedUser> listed(const std::vector<std::string>& ids) {
  std::vector<ListedUser> users;
  for (const std::string& id : ids) {
    users.push_back({id, "{}"});
  }
  return users;
}

Failure failure_of(FailureKind kind, const std::string& detail = "why") {
  Failure failure;
  failure.kind = kind;
  failure.detail = detail;
  return failure;
}

// A lister of one audience or more, driven by hand.
class ListerTest : public ::testing::Test {
 protected:
  ListerTest() { options_.audiences = {{"followed", "yes"}}; }

  Lister& lister() {
    if (!lister_) {
      lister_.emplace(options_, mode_, random_);
      std::vector<AudienceId> audiences;
      for (std::size_t i = 0; i < options_.audiences.size(); ++i) {
        audiences.push_back(100 + static_cast<AudienceId>(i));
      }
      lister_->start(std::move(audiences));
    }
    return *lister_;
  }
  template <class Action>
  std::optional<Action> next(bool busy = false) {
    ListerAction action = lister().next(now_, busy);
    auto* wanted = std::get_if<Action>(&action);
    return wanted != nullptr ? std::optional(std::move(*wanted)) : std::nullopt;
  }
  void pass(Milliseconds time) {
    now_.wall += time;
    now_.steady += time;
  }
  // Lists every audience as `ids`; `missing` earlier ones are gone. Returns whether an alarm was raised.
  bool list_all(const std::vector<std::string>& ids, std::int64_t previous = 0, std::int64_t missing = 0) {
    bool alarm = false;
    for (std::size_t i = 0; i < options_.audiences.size(); ++i) {
      EXPECT_TRUE(next<ListUsers>());
      lister().on_users(listed(ids), 0);
      const auto stage = next<StageListing>();
      EXPECT_TRUE(stage && stage->users.size() == ids.size() && stage->audience == i);
      ListingCounts counts;
      counts.previous = previous;
      counts.listed = static_cast<std::int64_t>(ids.size());
      counts.missing = missing;
      alarm = lister().on_staged(counts).alarm || alarm;
    }
    return alarm;
  }
  // Applies what is staged; returns whether missing users may leave the last audience.
  bool apply(const ListingChange& change = {}) {
    const auto listings = next<ApplyListings>();
    EXPECT_TRUE(listings && listings->decisions.size() == options_.audiences.size());
    changed_ = lister().on_applied(change);
    return listings && listings->decisions.back().members_may_leave;
  }
  // The cycle's report, and the wait until the next cycle.
  Milliseconds rest() {
    EXPECT_TRUE(next<WriteCycle>());
    const auto wait = next<WaitForCycle>();
    return wait ? wait->until - now_.steady : Milliseconds{0};
  }

  SourceOptions options_;
  FetchMode mode_ = FetchMode::forever;
  Random random_{1};
  Now now_{from_ms(1'769'850'902'345), SteadyTime{Milliseconds{5'000}}};
  bool changed_ = false;

 private:
  std::optional<Lister> lister_;
};

TEST_F(ListerTest, ACycleListsEveryAudienceAppliesTheListsOnceAndIsReported) {
  options_.audiences.push_back({"feedback", "1"});
  EXPECT_FALSE(list_all({"a", "b"}));
  const auto listings = next<ApplyListings>();
  ASSERT_TRUE(listings);
  ASSERT_EQ(listings->decisions.size(), 2U);
  EXPECT_EQ(listings->decisions[0].audience, 100);
  EXPECT_EQ(listings->decisions[1].audience, 101);
  EXPECT_TRUE(listings->decisions[1].members_may_leave);
  ListingChange change;
  change.followed = 3;
  EXPECT_TRUE(lister().on_applied(change));
  EXPECT_EQ(lister().followed(), 3);
  EXPECT_EQ(lister().listed(), 4);
  EXPECT_EQ(rest(), options_.poll.interval);
  pass(options_.poll.interval);
  EXPECT_TRUE(next<ListUsers>()) << "the next cycle";
  EXPECT_EQ(lister().cycle_began(), now_.steady);
}

TEST_F(ListerTest, ACycleIsReportedWhenThoseWhoWereDueAreReadOrItsTimeIsOver) {
  list_all({"a"});
  apply();
  for (const bool busy : {true, true}) {
    const auto wait = next<WaitForCycle>(busy);
    ASSERT_TRUE(wait);
    EXPECT_EQ(wait->until, now_.steady + options_.poll.interval);
  }
  pass(options_.poll.interval - Milliseconds{1});
  EXPECT_TRUE(next<WaitForCycle>(true));
  pass(Milliseconds{1});
  EXPECT_TRUE(next<WriteCycle>(true));
  EXPECT_TRUE(next<ListUsers>(true));
}

TEST_F(ListerTest, AListWithoutPagesIsAskedForOnce) {
  const auto asked = next<ListUsers>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->page, std::nullopt);
  lister().on_users(listed({"a"}), 0);
  EXPECT_TRUE(next<StageListing>());
}

TEST_F(ListerTest, NobodyLeavesAListThatHoldsElementsThatAreNoUsers) {
  for (const std::int64_t unreadable : {0, 1}) {
    ASSERT_TRUE(next<ListUsers>());
    lister().on_users(listed({"a", "b", "c"}), unreadable);
    ASSERT_TRUE(next<StageListing>());
    ListingCounts counts;
    counts.previous = 4;
    counts.listed = 3;
    counts.missing = 1;
    EXPECT_EQ(lister().on_staged(counts).alarm, unreadable > 0);
    EXPECT_EQ(apply(), unreadable == 0);
    EXPECT_EQ(lister().unreadable(), unreadable);
    rest();
    pass(options_.poll.interval);
  }
  EXPECT_NE(lister().departures_blocked_reason().find("no users"), std::string::npos);
}

TEST_F(ListerTest, APageOfElementsThatAreNoUsersEndsNoList) {
  options_.api.users_page_parameter = "page";
  ASSERT_TRUE(next<ListUsers>());
  lister().on_users({}, 3);
  const auto second = next<ListUsers>();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->page, 2);
}

TEST_F(ListerTest, AnAudienceThatMatchesNobodyIsSaidOnceUntilItMatches) {
  const auto stage = [this](std::int64_t number) {
    EXPECT_TRUE(next<ListUsers>());
    lister().on_users(listed(number > 0 ? std::vector<std::string>{"a"} : std::vector<std::string>{}), 0);
    EXPECT_TRUE(next<StageListing>());
    ListingCounts counts;
    counts.listed = number;
    const Lister::Judgement judgement = lister().on_staged(counts);
    apply();
    rest();
    pass(options_.poll.interval);
    return std::pair(judgement.is_empty, judgement.is_no_longer_empty);
  };
  EXPECT_EQ(stage(0), std::pair(true, false));
  EXPECT_EQ(stage(0), std::pair(false, false));
  EXPECT_EQ(stage(1), std::pair(false, true));
  EXPECT_EQ(stage(1), std::pair(false, false));
  EXPECT_EQ(stage(0), std::pair(true, false));
}

TEST_F(ListerTest, AListInPagesEndsAtAnEmptyPageOrAtOneThatIsSentAgain) {
  options_.api.users_page_parameter = "page";
  for (const bool repeated : {false, true}) {
    for (int page = 1; page <= 3; ++page) {
      const auto asked = next<ListUsers>();
      ASSERT_TRUE(asked);
      EXPECT_EQ(asked->page, page);
      lister().on_users(listed(page < 3 ? std::vector<std::string>{"user-" + std::to_string(page)}
                                        : (repeated ? std::vector<std::string>{"user-2"} : std::vector<std::string>{})),
                        0);
    }
    const auto stage = next<StageListing>();
    ASSERT_TRUE(stage);
    ASSERT_EQ(stage->users.size(), 2U);
    EXPECT_EQ(stage->users[1].user_id, "user-2");
    static_cast<void>(lister().on_staged({}));
    apply();
    rest();
    pass(options_.poll.interval);
  }
}

TEST_F(ListerTest, AListThatCannotBeReadIsReportedOnceAndTheOthersAreApplied) {
  options_.audiences.push_back({"feedback", "1"});
  ASSERT_TRUE(next<ListUsers>());
  EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::transient, "no answer"), false));
  const auto second = next<ListUsers>();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->audience, 1U);
  lister().on_users(listed({"a"}), 0);
  ASSERT_TRUE(next<StageListing>());
  static_cast<void>(lister().on_staged({}));
  const auto listings = next<ApplyListings>();
  ASSERT_TRUE(listings);
  ASSERT_EQ(listings->decisions.size(), 1U);
  EXPECT_EQ(listings->decisions[0].audience, 101);
  EXPECT_TRUE(lister().failed());
  EXPECT_EQ(lister().last_error(), "no answer");
}

TEST_F(ListerTest, AfterAFailureTheNextCycleComesSoonerWithGrowingPausesUpToTheInterval) {
  Milliseconds bound{500};
  Milliseconds longest{0};
  for (int cycle = 0; cycle < 12; ++cycle) {
    ASSERT_TRUE(next<ListUsers>());
    EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::transient), false));
    const Milliseconds wait = rest();
    EXPECT_LE(wait, std::min(bound, options_.poll.interval));
    EXPECT_GE(wait, Milliseconds{250});
    longest = std::max(longest, wait);
    bound *= 2;
    pass(wait);
  }
  EXPECT_GT(longest, seconds{5}) << "they grow";
  list_all({"a"});
  EXPECT_FALSE(lister().failed());
  apply();
  EXPECT_EQ(rest(), options_.poll.interval);
  pass(options_.poll.interval);
  ASSERT_TRUE(next<ListUsers>());
  EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::transient), false));
  EXPECT_LE(rest(), Milliseconds{500}) << "the failures are counted in a row";
}

TEST_F(ListerTest, APauseIsNoLongerThanTheInterval) {
  options_.poll.interval = Milliseconds{300};
  for (int cycle = 0; cycle < 5; ++cycle) {
    ASSERT_TRUE(next<ListUsers>());
    EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::transient), false));
    const Milliseconds wait = rest();
    EXPECT_LE(wait, Milliseconds{300});
    pass(wait);
  }
}

TEST_F(ListerTest, OnePassTriesAListSixTimes) {
  mode_ = FetchMode::one_pass;
  Milliseconds bound{500};
  for (int attempt = 1; attempt <= 6; ++attempt) {
    ASSERT_TRUE(next<ListUsers>());
    EXPECT_EQ(lister().on_failure(failure_of(FailureKind::malformed), false), attempt == 1);
    const auto wait = next<WaitToList>();
    EXPECT_EQ(wait.has_value(), attempt < 6);
    if (wait) {
      EXPECT_LE(wait->wait, bound);
      EXPECT_GE(wait->wait, Milliseconds{250});
      lister().on_waited(true);
    }
    bound *= 2;
  }
  EXPECT_TRUE(next<ListingDone>());
  EXPECT_TRUE(lister().failed());
}

TEST_F(ListerTest, OnePassDoesNotTryAgainWhatIsRefusedOrWhenNothingMoreWillCome) {
  mode_ = FetchMode::one_pass;
  options_.audiences = {{"a", "1"}, {"b", "1"}, {"c", "1"}};
  ASSERT_TRUE(next<ListUsers>());
  EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::rejected), false));
  ASSERT_TRUE(next<ListUsers>());
  EXPECT_TRUE(lister().on_failure(failure_of(FailureKind::transient), false));
  ASSERT_TRUE(next<WaitToList>());
  lister().on_waited(false);  // The time that this run may wait is over.
  const auto third = next<ListUsers>();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->audience, 2U);
  EXPECT_FALSE(lister().on_failure(failure_of(FailureKind::transient), true)) << "that is no news about the list";
  EXPECT_TRUE(next<ListingDone>());
}

TEST_F(ListerTest, OnePassEndsWhenItsListsAreApplied) {
  mode_ = FetchMode::one_pass;
  list_all({"a"});
  EXPECT_TRUE(apply());
  EXPECT_TRUE(next<ListingDone>());
  EXPECT_FALSE(lister().failed());
}

TEST_F(ListerTest, AnEmptyOrShrunkListRaisesOneAlarmAndNobodyLeavesUntilItIsOver) {
  EXPECT_TRUE(list_all({}, 4, 4));
  EXPECT_EQ(lister().departures_blocked_reason(),
            "the users list of an audience is suddenly empty; no user leaves the audience meanwhile");
  EXPECT_FALSE(apply());
  rest();
  pass(options_.poll.interval);
  EXPECT_FALSE(list_all({"a"}, 4, 3)) << "it is the same alarm";
  EXPECT_EQ(lister().departures_blocked_reason(),
            "the users list of an audience shrank sharply; no user leaves the audience meanwhile");
  EXPECT_FALSE(apply());
  rest();
  pass(options_.poll.interval);
  EXPECT_FALSE(list_all({"a", "b", "c", "d"}, 4, 0));
  EXPECT_NE(lister().departures_blocked_reason(), "") << "until the lists are applied";
  EXPECT_TRUE(apply());
  EXPECT_EQ(lister().departures_blocked_reason(), "");
}

TEST_F(ListerTest, UsersAreReportedWhenTheyAreOthersThanBefore) {
  const auto cycle = [this](const std::vector<std::string>& ids, const ListingChange& change) {
    list_all(ids);
    apply(change);
    rest();
    pass(options_.poll.interval);
    return changed_;
  };
  ListingChange arrived;
  arrived.arrived = {1};
  ListingChange departed;
  departed.departed = {1};
  EXPECT_TRUE(cycle({}, {})) << "the first list, even of nobody";
  EXPECT_FALSE(cycle({}, {}));
  EXPECT_TRUE(cycle({"a"}, {}));
  EXPECT_FALSE(cycle({"a"}, {}));
  EXPECT_TRUE(cycle({"a"}, arrived));
  EXPECT_TRUE(cycle({"a"}, departed));
}

}  // namespace
}  // namespace elit
