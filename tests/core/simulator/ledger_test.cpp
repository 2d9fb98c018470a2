#include "core/simulator/ledger.hpp"

#include <gtest/gtest.h>

#include "core/simulator/content.hpp"
#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using std::chrono::seconds;

// One listed user who said "a", "b" and "b" again in one millisecond, and "c". The user was read at the start.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() : simulator_(options()) {
    User& user = simulator_.world().users()[0];
    user_ = user.id;
    const Instant early = start_of_tests - seconds{100};
    for (const auto& [after_s, text] : {std::pair(0, "a"), {1, "b"}, {1, "b"}, {2, "c"}}) {
      simulator_.world().add_message(user, early + seconds{after_s}, early + seconds{after_s}, text);
    }
    EXPECT_EQ(get_users(simulator_).answer.status, 200);
    EXPECT_EQ(rows_of(get_conversations(simulator_, user_)).size(), 4U);
  }

  static SimulatorOptions options() {
    SimulatorOptions options = quiet_options();
    options.world.messages_per_user_day = 0;
    options.world.burst = 0;
    return options;
  }

  // A message of the user, dated `second` seconds after "a".
  [[nodiscard]] std::string message(int number, int second, const std::string& text) const {
    const std::string digits = std::to_string(number);
    return R"({"key":")" + std::string(32 - digits.size(), '0') + digits + R"(","source":"s","user_id":")" + user_ +
           R"(","timestamp":")" + iso_text(start_of_tests + seconds{second - 100}) + R"(","text":")" + text +
           R"(","raw":{"response":")" + text + "\"}}";
  }

  void deliver(const std::vector<std::string>& messages, int after_s = 10) {
    std::string list;
    for (const std::string& text : messages) {
      list += (list.empty() ? "" : ",") + text;
    }
    const Reply reply = post(simulator_, "/crm/conversations", R"({"messages":[)" + list + "]}",
                             "i" + std::to_string(++requests_), start_of_tests + seconds{after_s});
    ASSERT_EQ(reply.answer.status, 200) << reply.answer.body;
  }

  Ledger ledger(const LedgerQuery& query = {}) {
    return take_ledger(simulator_.world(), simulator_.api(), simulator_.crm(), query, start_of_tests + seconds{3600});
  }

  Simulator simulator_;
  std::string user_;
  int requests_ = 0;
};

TEST_F(LedgerTest, BalancesWhenAllArrivedOnce) {
  deliver({message(1, 0, "a"), message(2, 1, "b"), message(3, 1, "b"), message(4, 2, "c")});
  const Ledger taken = ledger();
  EXPECT_TRUE(taken.balanced());
  EXPECT_EQ(taken.users, 8U);
  EXPECT_EQ(taken.users_matching, 6U);
  EXPECT_EQ(taken.messages_visible, 4U);
  EXPECT_EQ(taken.messages_served, 4U);
  EXPECT_EQ(taken.crm_received, 4U);
}

TEST_F(LedgerTest, MissesTheSecondOfTwoIdenticalMessages) {
  deliver({message(1, 0, "a"), message(2, 1, "b"), message(4, 2, "c")});
  EXPECT_EQ(ledger().missing, 1U);
  EXPECT_EQ(ledger().missing_users, std::vector<std::string>{user_});
  EXPECT_FALSE(ledger().balanced());
}

TEST_F(LedgerTest, NoticesInventionsAndDoubles) {
  deliver({message(1, 0, "a"), message(2, 0, "a")});
  EXPECT_EQ(ledger().unexpected, 1U);
  deliver({message(3, 5, "never said")});
  EXPECT_EQ(ledger().unexpected, 2U);
  EXPECT_EQ(ledger().missing, 3U);
}

TEST_F(LedgerTest, ExpectsAChangedTextAndAllowsTheFormerOne) {
  Message* newest = World::newest(*simulator_.world().find(user_), start_of_tests, seconds{200});
  ASSERT_NE(newest, nullptr);
  change_text(*newest, "C", start_of_tests);
  deliver({message(1, 0, "a"), message(2, 1, "b"), message(3, 1, "b"), message(4, 2, "c")});
  EXPECT_EQ(ledger().missing, 1U);
  EXPECT_EQ(ledger().unexpected, 0U);
  deliver({message(5, 2, "C")});
  EXPECT_TRUE(ledger().balanced());
  deliver({message(6, 2, "c")});
  EXPECT_EQ(ledger().unexpected, 1U);
}

TEST_F(LedgerTest, NoticesAMessageWithAnotherInstant) {
  deliver({message(1, 7, "a"), message(2, 1, "b"), message(3, 1, "b"), message(4, 2, "c")});
  EXPECT_EQ(ledger().missing, 1U);
  EXPECT_EQ(ledger().unexpected, 1U);
}

TEST_F(LedgerTest, ExpectsOnlyUsersWhoWereListed) {
  User& web = simulator_.world().users()[3];
  ASSERT_FALSE(web.listed);
  simulator_.world().add_message(web, start_of_tests, start_of_tests, "unheard");
  EXPECT_EQ(ledger().messages_visible, 4U);
  web.listed = true;
  EXPECT_EQ(ledger().messages_visible, 5U);
  EXPECT_EQ(ledger().missing, 5U);
}

TEST_F(LedgerTest, NarrowsWhatItExpects) {
  LedgerQuery query;
  query.since = start_of_tests - seconds{99};
  EXPECT_EQ(ledger(query).missing, 3U);
  query.since.reset();
  query.visible_until = start_of_tests - seconds{99};
  EXPECT_EQ(ledger(query).missing, 3U);
}

TEST_F(LedgerTest, CountsDisorderInOneRequest) {
  deliver({message(2, 1, "b"), message(1, 0, "a")}, 0);
  EXPECT_EQ(ledger().crm_order_violations, 1U);
}

TEST_F(LedgerTest, CountsDisorderOfMessagesThatWereKnown) {
  deliver({message(4, 2, "c")}, 2);
  deliver({message(1, 0, "a")}, 3);
  EXPECT_EQ(ledger().crm_order_violations, 1U);
}

TEST_F(LedgerTest, AllowsALateMessageToComeLate) {
  User& user = *simulator_.world().find(user_);
  simulator_.world().add_message(user, start_of_tests - seconds{99}, start_of_tests + seconds{30}, "late");
  deliver({message(4, 2, "c")}, 20);
  EXPECT_EQ(rows_of(get_conversations(simulator_, user_, "", start_of_tests + seconds{31})).size(), 5U);
  deliver({message(5, 1, "late")}, 40);
  EXPECT_EQ(ledger().crm_order_violations, 0U);
}

TEST_F(LedgerTest, AllowsARefusedMessageToBeOvertaken) {
  simulator_.crm().faults().rejected = 1;
  deliver({message(1, 0, "a")});
  EXPECT_EQ(ledger().crm_refused, 1U);
  simulator_.crm().faults() = {};
  deliver({message(4, 2, "c")});
  deliver({message(1, 0, "a")});
  EXPECT_EQ(ledger().crm_order_violations, 0U);
  EXPECT_EQ(ledger().crm_refused, 0U);
}

TEST_F(LedgerTest, ComparesWholeSecondsWhereTheApiGivesNoMore) {
  simulator_.api().dialect().timestamp = TimestampForm::whole_seconds;
  User& user = *simulator_.world().find(user_);
  simulator_.world().add_message(user, start_of_tests - seconds{97} + Milliseconds{321}, start_of_tests, "d");
  deliver({message(9, 3, "d")});
  EXPECT_EQ(ledger().missing, 4U);
  EXPECT_EQ(ledger().unexpected, 0U);
}

TEST_F(LedgerTest, IsOneJsonObject) {
  const auto object = boost::json::parse(ledger_json(ledger())).as_object();
  EXPECT_EQ(object.at("missing").as_int64(), 4);
  EXPECT_EQ(object.at("balanced").as_bool(), false);
  EXPECT_EQ(object.at("users_matching").as_int64(), 6);
}

TEST(ContentTest, IsTheSameForJsonInAnyOrderAndPlace) {
  EXPECT_EQ(comparable_content(std::string_view(R"({"a":1,"b":[true,null]})")),
            comparable_content(boost::json::parse(R"({"b":[true,null],"a":1})")));
  EXPECT_NE(comparable_content(std::string_view(R"({"a":1})")), comparable_content(std::string_view(R"({"a":2})")));
  EXPECT_EQ(comparable_content(std::string_view("[not json]")), "[not json]");
  EXPECT_EQ(comparable_content(boost::json::value(nullptr)), "");
}

TEST(ContentTest, IgnoresHowIllFormedBytesWereReplaced) {
  EXPECT_EQ(comparable_content(std::string_view("a\xEF\xBF\xBD\xEF\xBF\xBD"
                                                "b\0c",
                                                10)),
            "abc");
}

}  // namespace
}  // namespace elit::simulator
