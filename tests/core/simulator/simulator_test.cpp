#include "core/simulator/simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

std::size_t lines_of(const Reply& reply) {
  return static_cast<std::size_t>(std::count(reply.answer.body.begin(), reply.answer.body.end(), '\n'));
}

// All answers that a client gets in ten minutes with faults.
std::string seen_in_ten_minutes() {
  SimulatorOptions options = quiet_options();
  options.world.arrivals_per_minute = 60;
  options.faults.server_errors = 0.2;
  options.faults.resets = 0.1;
  Simulator simulator(options);
  std::string seen;
  for (int i = 0; i < 10; ++i) {
    const Instant now = start_of_tests + minutes{i};
    for (const User& user : simulator.world().users()) {
      const Reply reply = get_conversations(simulator, user.id, "", now);
      seen += std::to_string(reply.answer.status) + reply.answer.body;
    }
  }
  return seen;
}

TEST(SimulatorTest, GivesTheSameAnswersForTheSameSeed) {
  EXPECT_EQ(seen_in_ten_minutes(), seen_in_ten_minutes());
}

TEST(SimulatorTest, ShowsTheWholeTruth) {
  SimulatorOptions options = quiet_options();
  options.world.odd_content = true;
  Simulator simulator(options);
  std::size_t count = 0;
  for (const User& user : simulator.world().users()) {
    count += user.messages.size();
  }
  const Reply all = get(simulator, "/simulator/messages");
  EXPECT_EQ(lines_of(all), count);
  std::size_t begin = 0;
  while (begin < all.answer.body.size()) {
    const std::size_t end = all.answer.body.find('\n', begin);
    EXPECT_NO_THROW((void)boost::json::parse(all.answer.body.substr(begin, end - begin)));
    begin = end + 1;
  }
  EXPECT_EQ(lines_of(get(simulator, "/simulator/messages?listed=true")), 0U);
  EXPECT_EQ(lines_of(get(simulator, "/simulator/messages?user_id=" + simulator.world().users()[0].id)),
            simulator.world().users()[0].messages.size());
}

TEST(SimulatorTest, ServesTheSameAsTheTruth) {
  Simulator simulator(quiet_options());
  for (const User& user : simulator.world().users()) {
    EXPECT_EQ(rows_of(get_conversations(simulator, user.id)).size(), std::min<std::size_t>(user.messages.size(), 500));
  }
}

TEST(SimulatorTest, ChangesFaultsWhileItRuns) {
  Simulator simulator(quiet_options());
  EXPECT_EQ(get_users(simulator).answer.status, 200);
  EXPECT_EQ(post(simulator, "/simulator/faults", R"({"down":true,"retry_after_s":7})").answer.status, 200);
  EXPECT_EQ(get_users(simulator).answer.status, 503);
  EXPECT_EQ(post(simulator, "/simulator/faults", R"({"down":false,"unauthorized":"yes"})").answer.status, 200);
  EXPECT_EQ(get_users(simulator).answer.status, 401);
  EXPECT_EQ(post(simulator, "/simulator/faults", R"({"unauthorized":false,"users_shrunk":0.5})").answer.status, 200);
  EXPECT_EQ(body_of(get_users(simulator)).at_pointer("/responseObject").as_array().size(), 3U);
  EXPECT_EQ(post(simulator, "/simulator/faults", R"({"users_empty":"yes"})").answer.status, 200);
  EXPECT_EQ(body_of(get_users(simulator)).at_pointer("/responseObject").as_array().size(), 0U);
}

TEST(SimulatorTest, ChangesAllSettingsOrNone) {
  Simulator simulator(quiet_options());
  const Reply wrong = post(simulator, "/simulator/dialect", R"({"page_cap":5,"page_order":"sideways"})");
  EXPECT_EQ(wrong.answer.status, 400);
  EXPECT_THAT(wrong.answer.body, HasSubstr("newest_first"));
  EXPECT_EQ(simulator.api().dialect().page_cap, 500);
  EXPECT_EQ(post(simulator, "/simulator/dialect", R"({"page_cap":5})").answer.status, 200);
  EXPECT_EQ(simulator.api().dialect().page_cap, 5);
  EXPECT_EQ(body_of(get(simulator, "/simulator/dialect")).at_pointer("/page_cap").as_string(), "5");
}

TEST(SimulatorTest, RotatesTheKey) {
  Simulator simulator(quiet_options());
  EXPECT_EQ(post(simulator, "/simulator/faults", R"({"api_key":"the-next-key"})").answer.status, 200);
  EXPECT_EQ(get_users(simulator).answer.status, 401);
  EXPECT_EQ(
      get(simulator, bot_path() + "/users?attribute_name=plan&attribute_value=gold", start_of_tests, "the-next-key")
          .answer.status,
      200);
}

TEST(SimulatorTest, FailsOneUserForEver) {
  SimulatorOptions options = quiet_options();
  Simulator simulator(options);
  const std::string bad = simulator.world().users()[0].id;
  simulator.faults().bad_user = bad;
  EXPECT_THAT(get_conversations(simulator, bad).answer.body, HasSubstr("1002"));
  simulator.faults().bad_user_status = 500;
  EXPECT_EQ(get_conversations(simulator, bad).answer.status, 500);
  EXPECT_EQ(get_conversations(simulator, simulator.world().users()[1].id).answer.status, 200);
}

TEST(SimulatorTest, SwitchesTheCrmOffAndOn) {
  Simulator simulator(quiet_options());
  EXPECT_EQ(post(simulator, "/simulator/crm", R"({"down":true})").answer.status, 200);
  EXPECT_EQ(post(simulator, "/crm/conversations", R"({"messages":[]})", "i").answer.status, 503);
  EXPECT_EQ(post(simulator, "/simulator/crm", R"({"down":false})").answer.status, 200);
  EXPECT_EQ(post(simulator, "/crm/conversations", R"({"messages":[]})", "i").answer.status, 200);
}

TEST(SimulatorTest, LetsAUserChangeAndSpeak) {
  Simulator simulator(quiet_options());
  User& user = simulator.world().users()[0];
  const std::size_t before = user.messages.size();
  const std::string id = R"({"user_id":")" + user.id + "\"";
  EXPECT_EQ(post(simulator, "/simulator/users", id + R"(,"attribute":"user.channel","value":"sms"})").answer.status,
            200);
  EXPECT_EQ(body_of(get_users(simulator)).at_pointer("/responseObject").as_array().size(), 5U);
  EXPECT_EQ(post(simulator, "/simulator/messages", id + R"(,"text":"anyone there?"})").answer.status, 200);
  EXPECT_EQ(user.messages.size(), before + 1);
  EXPECT_EQ(user.messages.back().instant, start_of_tests);
  EXPECT_EQ(post(simulator, "/simulator/messages", R"({"user_id":"nobody","text":"x"})").answer.status, 400);
  EXPECT_EQ(lines_of(get(simulator, "/simulator/users")), 8U);
}

TEST(SimulatorTest, ShowsWhatTheCrmReceived) {
  Simulator simulator(quiet_options());
  const std::string message = R"({"key":"0123456789abcdef0123456789abcdef","source":"s","user_id":"1",)"
                              R"("timestamp":null,"text":"x","raw":{}})";
  EXPECT_EQ(post(simulator, "/crm/conversations", R"({"messages":[)" + message + "]}", "i7").answer.status, 200);
  EXPECT_THAT(get(simulator, "/simulator/received").answer.body, HasSubstr(R"("idempotency_key":"i7")"));
  EXPECT_EQ(body_of(get(simulator, "/simulator/ledger")).at_pointer("/unexpected").as_int64(), 1);
  EXPECT_EQ(get(simulator, "/simulator/ledger?since_ms=soon").answer.status, 400);
}

TEST(SimulatorTest, SaysWhatItKnowsWhenAskedForSomethingElse) {
  Simulator simulator(quiet_options());
  EXPECT_THAT(get(simulator, "/simulator/leger").answer.body, HasSubstr("ledger"));
  EXPECT_EQ(get(simulator, "/crm").answer.status, 404);
  EXPECT_EQ(get(simulator, "/elsewhere").answer.status, 404);
  EXPECT_EQ(post(simulator, "/simulator/faults", "down").answer.status, 400);
}

}  // namespace
}  // namespace elit::simulator
