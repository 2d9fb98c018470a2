#include <gmock/gmock.h>

#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class StoreRosterTest : public StoreTest {
 protected:
  UserRow row_of(const std::string& id) {
    return connection().integer(std::string_view(
        *ids_.emplace_back(std::make_unique<std::string>("SELECT id FROM users WHERE user_id = '" + id + "'"))));
  }
  std::vector<std::string> users() { return rows_of("SELECT user_id, status FROM users_v1 ORDER BY user_id"); }

 private:
  std::vector<std::unique_ptr<std::string>> ids_;
};

TEST_F(StoreRosterTest, GivesANameTheSameIdForEver) {
  const SourceId other = store().register_source("other");
  EXPECT_NE(other, source_);
  EXPECT_EQ(store().register_source("support"), source_);
  reopen();
  EXPECT_EQ(store().register_source("other"), other);
  const std::vector<SinkId> sinks = store().register_sinks({{"a", true}, {"b", true}});
  EXPECT_THAT(store().register_sinks({{"b", true}, {"a", true}}), ElementsAre(sinks[1], sinks[0]));
}

TEST_F(StoreRosterTest, ComparesAListWithTheMembersBeforeItChangesAnything) {
  list({"a", "b", "c"});
  const ListingCounts counts = store().stage_listing(audience_, listed({"c", "d", "d"}));
  EXPECT_EQ(counts.previous, 3);
  EXPECT_EQ(counts.listed, 2);
  EXPECT_EQ(counts.missing, 2);
  EXPECT_THAT(users(), ElementsAre("a|following", "b|following", "c|following"));
}

TEST_F(StoreRosterTest, NewMembersArriveOnce) {
  const ListingChange first = list({"a", "b"});
  EXPECT_THAT(first.arrived, UnorderedElementsAre(row_of("a"), row_of("b")));
  EXPECT_THAT(first.departed, IsEmpty());
  EXPECT_EQ(first.followed, 2);
  const ListingChange second = list({"b", "a"}, 60'000);
  EXPECT_THAT(second.arrived, IsEmpty());
  EXPECT_EQ(second.followed, 2);
}

TEST_F(StoreRosterTest, DrainsWhoIsMissingAndFollowsWhoComesBack) {
  list({"a", "b"});
  const ListingChange change = list({"b"}, 60'000);
  EXPECT_THAT(change.departed, ElementsAre(row_of("a")));
  EXPECT_EQ(change.followed, 2);
  EXPECT_EQ(store().load_user(row_of("a")).status, UserStatus::draining);
  EXPECT_EQ(store().load_user(row_of("a")).departed, from_ms(day + 60'000));

  const ListingChange back = list({"a", "b"}, 120'000);
  EXPECT_THAT(back.arrived, ElementsAre(row_of("a")));
  EXPECT_EQ(store().load_user(row_of("a")).status, UserStatus::following);
  EXPECT_EQ(store().load_user(row_of("a")).departed, std::nullopt);
  EXPECT_EQ(store().load_user(row_of("a")).first_matched, from_ms(day));
}

TEST_F(StoreRosterTest, FollowsAGoneUserWhoIsListedAgain) {
  const UserRow user = follow("a");
  list({}, 60'000);
  WindowCommit commit = rows_read(user, {});
  commit.status = UserStatus::gone;
  commit.history_complete = true;
  store().commit_window(commit);
  EXPECT_EQ(store().load_user(user).status, UserStatus::gone);
  EXPECT_EQ(list({}, 90'000).followed, 0);
  EXPECT_THAT(list({"a"}, 120'000).arrived, ElementsAre(user));
  EXPECT_EQ(store().load_user(user).status, UserStatus::following);
  store().visit_users(source_, [](const ScheduledUser& each) { EXPECT_FALSE(each.history_complete); });
}

TEST_F(StoreRosterTest, NobodyLeavesByAListThatRaisedAnAlarm) {
  list({"a", "b"});
  const ListingChange change = list({"c"}, 60'000, false);
  EXPECT_THAT(change.departed, IsEmpty());
  EXPECT_EQ(change.followed, 3);
  EXPECT_EQ(store().stage_listing(audience_, {}).previous, 3);
}

TEST_F(StoreRosterTest, AUserOfTwoAudiencesIsOneAndStaysUntilBothLackHim) {
  const std::vector<AudienceId> audiences =
      store().register_audiences(source_, {{"feedback", "1"}, {"language", "en"}});
  const auto apply = [&](const std::vector<std::string>& first, const std::vector<std::string>& second) {
    store().stage_listing(audiences[0], listed(first));
    store().stage_listing(audiences[1], listed(second));
    return store().apply_listings(source_, {{audiences[0], true}, {audiences[1], true}}, from_ms(day));
  };
  EXPECT_THAT(apply({"a"}, {"a", "b"}).arrived, SizeIs(2));
  EXPECT_THAT(apply({}, {"a", "b"}).departed, IsEmpty());
  EXPECT_THAT(apply({}, {"b"}).departed, ElementsAre(row_of("a")));
}

TEST_F(StoreRosterTest, KeepsTheElementOfTheFirstAudienceThatListsTheUser) {
  const std::vector<AudienceId> audiences =
      store().register_audiences(source_, {{"feedback", "1"}, {"language", "en"}});
  const auto element_after = [&](const std::string& first, const std::string& second) {
    store().stage_listing(audiences[0], {{"a", first}, {"a", "repeated"}});
    store().stage_listing(audiences[1], {{"a", second}});
    store().apply_listings(source_, {{audiences[0], true}, {audiences[1], true}}, from_ms(day));
    return rows_of("SELECT element FROM user_elements");
  };
  EXPECT_THAT(element_after("{1}", "{2}"), ElementsAre("{1}"));
  EXPECT_THAT(element_after("{1}", "{3}"), ElementsAre("{1}"));
  EXPECT_THAT(element_after("{4}", "{1}"), ElementsAre("{4}"));
}

TEST_F(StoreRosterTest, AnAudienceThatFailedToListKeepsItsMembers) {
  const std::vector<AudienceId> audiences =
      store().register_audiences(source_, {{"feedback", "1"}, {"language", "en"}});
  store().stage_listing(audiences[1], listed({"b"}));
  store().apply_listings(source_, {{audiences[1], true}}, from_ms(day));
  EXPECT_THAT(list({"a"}).departed, IsEmpty());
  EXPECT_THAT(users(), ElementsAre("a|following", "b|following"));
}

TEST_F(StoreRosterTest, TheMembersOfAnAudienceThatIsNoLongerConfiguredDrain) {
  list({"a"});
  const AudienceId other = store().register_audiences(source_, {{"language", "en"}}).front();
  store().stage_listing(other, listed({"b"}));
  EXPECT_THAT(store().apply_listings(source_, {{other, true}}, from_ms(day + 5)).departed, ElementsAre(row_of("a")));
}

TEST_F(StoreRosterTest, LastMatchedFollowsTheListsWithoutWritingEveryUser) {
  const auto last_matched = [this] {
    return rows_of(
        "SELECT user_id, last_matched_ms - 1767225600000, first_matched_ms - 1767225600000 FROM users_v1 "
        "ORDER BY user_id");
  };
  list({"a", "b"}, 1000);
  const std::int64_t before = connection().integer("SELECT total_changes()");
  list({"a", "b"}, 2000);
  EXPECT_LT(connection().integer("SELECT total_changes() "), before + 20);
  EXPECT_THAT(last_matched(), ElementsAre("a|2000|1000", "b|2000|1000"));
  list({"a"}, 3000, false);  // b is missing, an alarm keeps it
  EXPECT_THAT(last_matched(), ElementsAre("a|3000|1000", "b|2000|1000"));
  list({"a"}, 4000, true);  // now it leaves
  EXPECT_THAT(last_matched(), ElementsAre("a|4000|1000", "b|2000|1000"));
  list({"a", "b"}, 5000);
  EXPECT_THAT(last_matched(), ElementsAre("a|5000|1000", "b|5000|1000"));
}

TEST_F(StoreRosterTest, AnErasedUserStaysErased) {
  follow("a");
  connection().execute("UPDATE users SET status = 'erased'; DELETE FROM memberships");
  EXPECT_EQ(store().stage_listing(audience_, listed({"a"})).listed, 0);
  EXPECT_EQ(list({"a"}).followed, 0);
  EXPECT_THAT(users(), ElementsAre("a|erased"));
  EXPECT_THAT(rows_of("SELECT user FROM memberships"), IsEmpty());
}

TEST_F(StoreRosterTest, AParkedUserStaysParkedThroughListsAndDrainsWhenReadAgain) {
  const UserRow user = follow("a");
  store().record_failure({user, 3, "500", from_ms(day + 10)});
  EXPECT_EQ(list({}, 60'000).followed, 1);
  EXPECT_EQ(store().load_user(user).status, UserStatus::parked);
  EXPECT_EQ(store().load_user(user).failures, 3);
  store().commit_window(rows_read(user, {}));
  EXPECT_EQ(store().load_user(user).status, UserStatus::draining);
  EXPECT_EQ(store().load_user(user).departed, from_ms(day + 60'000));
  EXPECT_EQ(store().load_user(user).failures, 0);
}

TEST_F(StoreRosterTest, AParkedUserWhoIsReadFollowsAgain) {
  const UserRow user = follow("a");
  store().record_failure({user, 3, "500", from_ms(day + 10)});
  list({}, 60'000);
  list({"a"}, 70'000);
  EXPECT_EQ(store().load_user(user).departed, std::nullopt);
  store().commit_window(rows_read(user, {}));
  EXPECT_EQ(store().load_user(user).status, UserStatus::following);
  store().visit_users(source_, [](const ScheduledUser& each) { EXPECT_EQ(each.parked_until, std::nullopt); });
}

TEST_F(StoreRosterTest, AFailureWithoutAParkingTimeParksNobody) {
  const UserRow user = follow("a");
  store().record_failure({user, 1, "503", std::nullopt});
  EXPECT_EQ(store().load_user(user).status, UserStatus::following);
  EXPECT_EQ(store().load_user(user).failures, 1);
  EXPECT_THAT(rows_of("SELECT last_error, last_read_ms FROM users"), ElementsAre("503|-"));
}

TEST_F(StoreRosterTest, GoneHasNoEffectOnAUserWhoWasListedAgainMeanwhile) {
  const UserRow user = follow("a");
  list({}, 60'000);
  list({"a"}, 120'000);
  WindowCommit commit = rows_read(user, {});
  commit.status = UserStatus::gone;
  store().commit_window(commit);
  EXPECT_EQ(store().load_user(user).status, UserStatus::following);
}

TEST_F(StoreRosterTest, VisitsTheFollowedWithWhatTheScheduleNeeds) {
  list({"a", "b", "c", "d"});
  list({"a", "b", "c"}, 1000);
  store().record_failure({row_of("b"), 5, "1002", from_ms(day + 99)});
  WindowCommit commit = rows_read(row_of("a"), {row_at(500)}, 2000);
  commit.history_complete = true;
  store().commit_window(commit);
  WindowCommit last = rows_read(row_of("d"), {});
  last.status = UserStatus::gone;
  store().commit_window(last);

  std::vector<ScheduledUser> visited;
  store().visit_users(source_, [&](const ScheduledUser& user) { visited.push_back(user); });
  ASSERT_THAT(visited, SizeIs(3));
  for (const ScheduledUser& user : visited) {
    if (user.row == row_of("a")) {
      EXPECT_EQ(user.last_message, from_ms(day + 500));
      EXPECT_EQ(user.last_read, from_ms(day + 2000));
      EXPECT_TRUE(user.history_complete);
    } else if (user.row == row_of("b")) {
      EXPECT_EQ(user.status, UserStatus::parked);
      EXPECT_EQ(user.parked_until, from_ms(day + 99));
    } else {
      EXPECT_EQ(user.row, row_of("c"));
      EXPECT_EQ(user.last_read, std::nullopt);
      EXPECT_FALSE(user.history_complete);
    }
  }
}

TEST_F(StoreRosterTest, SourcesDoNotShareUsers) {
  list({"a"});
  const SourceId other = store().register_source("other");
  const AudienceId theirs = store().register_audiences(other, {{"feedback", "1"}}).front();
  store().stage_listing(theirs, listed({"a"}));
  EXPECT_THAT(store().apply_listings(other, {{theirs, true}}, from_ms(day)).arrived, SizeIs(1));
  EXPECT_THAT(rows_of("SELECT source, user_id FROM users_v1 ORDER BY source"), ElementsAre("other|a", "support|a"));
}

TEST_F(StoreRosterTest, FactsAreKeptByNameAndSource) {
  store().record_fact(source_, "order", "newest");
  store().record_fact(source_, "order", "oldest");
  store().record_fact(store().register_source("other"), "order", "none");
  reopen();
  EXPECT_THAT(store().facts(source_), ElementsAre(std::pair<std::string, std::string>("order", "oldest")));
}

}  // namespace
}  // namespace elit::storage
