#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "core/text/time_text.hpp"
#include "tests/crms/faults/delivery_rig.hpp"

namespace elit::crm::faults {
namespace {

using simulator::Reply;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class CrmWireTest : public testing::TestWithParam<Case> {
 protected:
  // The number of requests of a run without faults.
  static int sound_requests() {
    DeliveryRig rig(GetParam());
    rig.say_some();
    rig.start();
    EXPECT_TRUE(rig.settle());
    rig.expect_all_there();
    return rig.requests();
  }
  // Whether a request asks for a token or reads what exists.
  static bool writes(const HttpRequest& request) {
    return request.target.ends_with("/upsert") || request.target.ends_with("/create") ||
           request.target.find("/composite/") != std::string::npos ||
           request.body.find("\"load\"") != std::string::npos || request.target.ends_with("/load");
  }
  // The fault hits every request once; the repeated request is carried out.
  static void expect_each_may_fail_once(const std::function<Reply(const DeliveryRig::CarryOut&)>& fault) {
    DeliveryRig rig(GetParam());
    std::set<std::string> seen;
    rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
      return seen.insert(request.target + request.body).second ? fault(carry_out) : carry_out();
    };
    rig.say_some();
    rig.start();
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    rig.expect_all_there();
    // Without unique keys, each message that may exist is searched for alone.
    EXPECT_LE(rig.requests(), (GetParam().crm.unique_activities ? 18 : 24) * sound_requests());
  }
  // The fault hits all requests until this time.
  static void expect_waits_for(
      Milliseconds trouble, int requests_meanwhile,
      const std::function<void(simulator::SimulatedCrmFaults&, const simulator::Toggle&)>& set) {
    const int sound = sound_requests();
    DeliveryRig rig(GetParam());
    simulator::Toggle while_it_lasts;
    while_it_lasts.from = Milliseconds{0};
    while_it_lasts.to = trouble;
    set(rig.faults(), while_it_lasts);
    rig.say_some();
    rig.start();
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    rig.expect_all_there();
    EXPECT_GE(rig.elapsed(), trouble);
    EXPECT_LE(rig.elapsed(), trouble + minutes{16});
    EXPECT_LE(rig.requests(), sound + requests_meanwhile);
  }
};

TEST_P(CrmWireTest, DeliversEachMessageOnceWhenNothingFails) {
  EXPECT_LE(sound_requests(), 15);
}

TEST_P(CrmWireTest, SurvivesAnswersThatAreLostAfterTheWrite) {
  expect_each_may_fail_once(lost_answer);
}

TEST_P(CrmWireTest, SurvivesRequestsThatAreLostBeforeTheWrite) {
  expect_each_may_fail_once([](const auto&) { return lost_before(); });
}

TEST_P(CrmWireTest, SurvivesConnectionsThatEndInsideTheAnswer) {
  expect_each_may_fail_once(cut_answer);
}

TEST_P(CrmWireTest, SurvivesAnswersThatNeverCome) {
  expect_each_may_fail_once([](const DeliveryRig::CarryOut& carry_out) {
    Reply reply = carry_out();
    reply.fault = simulator::WireFault::hang;
    return reply;
  });
}

TEST_P(CrmWireTest, TakesNoPageOfAProxyForSuccess) {
  expect_each_may_fail_once(
      [](const auto&) { return simulator::text_reply(200, "text/html", "<html><h1>Maintenance</h1></html>"); });
}

TEST_P(CrmWireTest, ComesAgainAfterA503InHtml) {
  expect_each_may_fail_once(
      [](const auto&) { return simulator::text_reply(503, "text/html", "<html><h1>Service Unavailable</h1></html>"); });
}

TEST_P(CrmWireTest, TakesNoErrorWithStatus200ForSuccess) {
  DeliveryRig rig(GetParam());
  int errors = 0;
  rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
    return writes(request) && errors++ < 3 ? simulator::json_reply(200, R"({"status":"error","message":"not now"})")
                                           : carry_out();
  };
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(rig.requests(), 7 * sound_requests());
}

TEST_P(CrmWireTest, TakesNoAnswerCutShortWithStatus200ForSuccess) {
  expect_each_may_fail_once([](const DeliveryRig::CarryOut& carry_out) {
    Reply reply = carry_out();
    reply.answer.body.resize(reply.answer.body.size() / 2);
    return reply;
  });
}

TEST_P(CrmWireTest, GoesOnAfterAPageOfAServerThatIsDown) {
  expect_waits_for(minutes{10}, 25,
                   [](auto& faults, const simulator::Toggle& for_a_while) { faults.down = for_a_while; });
}

TEST_P(CrmWireTest, WaitsOutAnHourWithAFewRequests) {
  expect_waits_for(hours{1}, 35, [](auto& faults, const simulator::Toggle& for_a_while) { faults.down = for_a_while; });
}

TEST_P(CrmWireTest, WaitsOutAnHourWhileMessagesComeIn) {
  DeliveryRig rig(GetParam());
  rig.faults().down.from = minutes{5};
  rig.faults().down.to = minutes{65};
  rig.start();
  for (int minute = 0; minute < 75; ++minute) {
    rig.say("u" + std::to_string(minute % 7), "every minute");
    rig.pass(minutes{1});
  }
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  const auto in_the_hour = std::count_if(rig.arrivals().begin(), rig.arrivals().end(),
                                         [](Milliseconds at) { return at >= minutes{5} && at < minutes{65}; });
  EXPECT_LE(in_the_hour, 40);
}

TEST_P(CrmWireTest, SlowsDownWhenThrottledWithoutAWord) {
  DeliveryRig rig(GetParam());
  int throttled = 0;
  rig.wire = [&](const HttpRequest&, int, const DeliveryRig::CarryOut& carry_out) {
    if (++throttled <= 5) {
      rig.faults().throttled = 1;
      rig.faults().retry_after_s = 0;
    }
    Reply reply = carry_out();
    rig.faults().throttled = 0;
    return reply;
  };
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(rig.requests(), 5 + 3 * sound_requests());
}

// In seconds, and as a date.
TEST_P(CrmWireTest, WaitsAsLongAsItIsToldWhenThrottled) {
  for (const bool as_date : {false, true}) {
    DeliveryRig rig(GetParam());
    rig.faults().retry_after_s = 1300;
    rig.faults().retry_after_date = as_date;
    int throttled_at = 0;
    rig.wire = [&](const HttpRequest& request, int number, const DeliveryRig::CarryOut& carry_out) {
      const bool now = throttled_at == 0 && writes(request);
      rig.faults().throttled = now ? 1 : 0;
      throttled_at = now ? number : throttled_at;
      return carry_out();
    };
    rig.say_some();
    rig.start();
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    rig.expect_all_there();
    ASSERT_GT(throttled_at, 0);
    const auto before = rig.arrivals()[static_cast<std::size_t>(throttled_at - 1)];
    const auto after = rig.arrivals()[static_cast<std::size_t>(throttled_at)];
    // It asks for more than `retry.max`: one request tries before whether it still holds.
    EXPECT_GE(after - before, seconds{299}) << "as a date: " << as_date;
    EXPECT_LE(after - before, seconds{400}) << "as a date: " << as_date;
    EXPECT_LE(rig.requests(), 1 + 2 * sound_requests());
  }
}

TEST_P(CrmWireTest, WaitsForTheNextDayWhenTheQuotaIsSpent) {
  const std::string vendor = GetParam().crm.preset;
  if (vendor.starts_with("odoo")) {
    GTEST_SKIP() << "Odoo has no quota";
  }
  const int sound = sound_requests();
  DeliveryRig rig(GetParam());
  rig.faults().quota_spent.from = Milliseconds{0};
  rig.faults().quota_spent.to = hours{9};
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle(hours{40})) << rig.summary().reason;
  rig.expect_all_there();
  // The fault is not in a message, so the waits do not count as attempts.
  EXPECT_LE(rig.requests(), sound + 60);
}

TEST_P(CrmWireTest, KeepsWithinTheCallsOfTenSeconds) {
  if (std::string(GetParam().crm.preset).starts_with("odoo")) {
    GTEST_SKIP() << "Odoo counts no calls";
  }
  DeliveryRig rig(GetParam(), {.sink_lines = "    batch: {messages: 1}\n"});
  rig.faults().window_calls_max = 6;
  rig.say_some(8, 3);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

// The CRM still works on the first attempt after its sender has given up.
TEST_P(CrmWireTest, WritesNothingTwiceWhileASlowAttemptStillRuns) {
  DeliveryRig rig(GetParam());
  rig.faults().slow_commit_s = 95;
  rig.say_some();
  rig.start();
  rig.pass(minutes{10});
  rig.faults().slow_commit_s = 0;
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(rig.requests(), 80);
}

INSTANTIATE_TEST_SUITE_P(, CrmWireTest, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace elit::crm::faults
