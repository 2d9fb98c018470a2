#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <chrono>
#include <string>

#include "tests/crms/faults/delivery_rig.hpp"

// Faults of credentials.
namespace elit::crm::faults {
namespace {

namespace json = boost::json;
using simulator::Reply;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool asks_for_token(const HttpRequest& request) {
  return request.target.ends_with("/token");
}

class CrmTokensTest : public testing::TestWithParam<Case> {
 protected:
  static bool refreshes() { return std::string(GetParam().crm.preset) != "salesforce"; }
  static std::uint64_t token_requests(DeliveryRig& rig) { return rig.vendor().counts().token_requests; }
};

TEST_P(CrmTokensTest, AreAskedForOnceWhenFiveRequestsAreRefused) {
  DeliveryRig rig(GetParam(), {.sink_lines = "    concurrency: 5\n    batch: {messages: 1}\n"});
  rig.say_some(5, 1);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  const std::uint64_t before = token_requests(rig);
  int refused = 0;
  rig.wire = [&](const HttpRequest&, int, const DeliveryRig::CarryOut& carry_out) {
    rig.faults().tokens_revoked.on = true;
    Reply reply = carry_out();
    refused += reply.answer.status == 401 ? 1 : 0;
    return reply;
  };
  rig.say_some(5, 1);
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  EXPECT_EQ(refused, 5);
  EXPECT_EQ(token_requests(rig), before + 1);
  rig.expect_all_there();
}

TEST_P(CrmTokensTest, AreNotAskedForWhileTheEndpointThrottles) {
  DeliveryRig rig(GetParam());
  rig.faults().token_throttled.from = Milliseconds{0};
  rig.faults().token_throttled.to = minutes{25};
  rig.say_some();
  rig.start();
  rig.pass(minutes{24});
  EXPECT_LE(token_requests(rig), std::string(GetParam().crm.preset) == "hubspot" ? 25U : 6U);
  EXPECT_EQ(rig.summary().state, SinkState::failing) << rig.summary().reason;
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmTokensTest, AreRenewedBeforeTheyEnd) {
  DeliveryRig rig(GetParam());
  rig.faults().token_life_s = 600;
  rig.faults().rotate_refresh_tokens = true;
  int refused = 0;
  rig.wire = [&](const HttpRequest&, int, const DeliveryRig::CarryOut& carry_out) {
    Reply reply = carry_out();
    refused += reply.answer.status == 401 ? 1 : 0;
    return reply;
  };
  rig.start();
  for (int i = 0; i < 30; ++i) {
    rig.say("u1", "now and then");
    rig.pass(minutes{7});
    if (i % 10 == 5) {
      rig.kill();
      rig.start();
    }
  }
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(token_requests(rig), 31U);
  EXPECT_LE(refused, refreshes() ? 0 : 31);  // Salesforce does not say how long a token is good
}

TEST_P(CrmTokensTest, AreNotUsedWhenTheirSecretWasReplacedMeanwhile) {
  DeliveryRig rig(GetParam());
  int others = 0;
  rig.wire = [&](const HttpRequest& request, int number, const DeliveryRig::CarryOut& carry_out) {
    others += asks_for_token(request) ? 0 : 1;
    Reply reply = carry_out();
    if (number == 1) {
      rig.change_secret("client_secret", "of another account");
    }
    return reply;
  };
  rig.say_some();
  rig.start();
  rig.pass(seconds{5});
  EXPECT_EQ(others, 0);
  EXPECT_EQ(rig.summary().state, SinkState::credential) << rig.summary().reason;
  rig.change_secret("client_secret", std::string(simulator::vendor_client_secret));
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmTokensTest, AreKeptOverACrash) {
  DeliveryRig rig(GetParam());
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle());
  for (int i = 0; i < 3; ++i) {
    rig.kill();
    rig.start();
    rig.say("u1", "again");
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  }
  EXPECT_EQ(token_requests(rig), 1U);
  rig.expect_all_there();
}

// The CRM replaced the refresh token, and its answer was lost.
TEST_P(CrmTokensTest, MayBeReplacedInAnAnswerThatIsLost) {
  for (const bool crash : {false, true}) {
    DeliveryRig rig(GetParam());
    rig.faults().rotate_refresh_tokens = true;
    int asked = 0;
    rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
      if (asks_for_token(request) && ++asked % 2 == 1) {
        if (crash) {
          rig.kill_soon();
        }
        return lost_answer(carry_out);
      }
      return carry_out();
    };
    for (int i = 0; i < 3; ++i) {
      rig.say_some();
      if (!rig.running()) {
        rig.start();
      }
      if (!rig.settle()) {
        rig.start();
        ASSERT_TRUE(rig.settle()) << rig.summary().reason;
      }
      rig.pass(hours{3});
    }
    rig.expect_all_there();
    EXPECT_LE(token_requests(rig), 8U);
  }
}

TEST_P(CrmTokensTest, ThatAreLostForGoodPauseUntilTheSecretIsReplaced) {
  if (!refreshes()) {
    GTEST_SKIP() << "no refresh tokens are involved";
  }
  DeliveryRig rig(GetParam());
  rig.faults().rotate_refresh_tokens = true;
  rig.faults().old_refresh_token_dies = true;
  std::string latest;
  rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
    Reply reply = carry_out();
    if (asks_for_token(request)) {
      if (const json::value body = json::parse(reply.answer.body); body.as_object().contains("refresh_token")) {
        latest = body.at("refresh_token").as_string();
      }
    }
    return reply;
  };
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.kill();
  rig.lose_tokens();
  rig.start();
  rig.say_some();
  const int before = rig.requests();
  rig.pass(hours{2});
  EXPECT_EQ(rig.summary().state, SinkState::credential) << rig.summary().reason;
  EXPECT_LE(rig.requests() - before, 40);
  rig.change_secret("refresh_token", latest);
  rig.pass(minutes{1});
  ASSERT_TRUE(rig.summary().settled) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmTokensTest, AreRecordedNowhereWhenTheCrmRepeatsThem) {
  DeliveryRig rig(GetParam());
  rig.say_some(1, 1);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.kill();
  rig.start();  // with the token that was kept
  rig.wire = [](const HttpRequest& request, int, const DeliveryRig::CarryOut&) {
    std::string said;
    for (const HttpHeader& header : request.headers) {
      said += header.name == "Authorization" ? header.value : "";
    }
    return simulator::json_reply(400, R"({"message":"what is )" + said + R"(","code":"STRANGE"})");
  };
  rig.say("u1", "refused");
  rig.pass(minutes{5});
  for (const char* state : {"pending", "dead", "unknown", "in_flight"}) {
    for (const auto& [text, error] : rig.in_state(state)) {
      EXPECT_EQ(error.find("sample-access-token"), std::string::npos) << error;
    }
  }
  EXPECT_EQ(rig.summary().reason.find("sample-access-token"), std::string::npos);
  rig.expect_good_manners();
}

INSTANTIATE_TEST_SUITE_P(, CrmTokensTest, testing::ValuesIn(token_cases()),
                         [](const auto& of) { return name_of(of.param); });

// Credentials that consist of one secret.
class CrmTokensSecretTest : public testing::TestWithParam<Case> {
 protected:
  // The simulated CRM knows one fixed key; the rig replaces the key that was sent by it.
  static HttpRequest translated(HttpRequest request, const std::string& from, const std::string& to) {
    const auto replace = [&](std::string& text) {
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
      }
    };
    for (HttpHeader& header : request.headers) {
      replace(header.value);
    }
    replace(request.body);
    return request;
  }
};

TEST_P(CrmTokensSecretTest, PauseOnceWhenRefusedAndGoOnWhenReplaced) {
  DeliveryRig rig(GetParam(), {.sink_lines = "    concurrency: 5\n    batch: {messages: 1}\n"});
  const std::string name = std::string(GetParam().crm.preset) == "hubspot" ? "access_token" : "api_key";
  rig.say_some(5, 1);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.change_request = [](HttpRequest request) {
    return translated(translated(std::move(request), "sample-api-key", "revoked"), "second-key", "sample-api-key");
  };
  rig.say_some(5, 1);
  const int before = rig.requests();
  rig.pass(hours{2});
  EXPECT_EQ(rig.summary().state, SinkState::credential) << rig.summary().reason;
  EXPECT_LE(rig.requests() - before, 60);
  rig.change_secret(name, "second-key");
  rig.pass(minutes{1});
  EXPECT_TRUE(rig.summary().settled) << rig.summary().reason;
  rig.expect_all_there();
  const std::string log = rig.log();
  const auto first = log.find("paused: credential");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(log.find("sink_paused"), std::string::npos);
  EXPECT_EQ(log.find("sink_paused", log.find("sink_paused") + 11), std::string::npos) << "it is to be said once";
}

INSTANTIATE_TEST_SUITE_P(, CrmTokensSecretTest, testing::ValuesIn(secret_cases()),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace elit::crm::faults
