#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* property = "/crm/hubspot/crm/properties/2026-03/contacts/email";

HttpRequest asking(const std::string& method, const std::string& target, const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.headers = {{"Host", "simulator.test:8080"},
                     {"Authorization", "Bearer " + std::string(vendor_api_key)},
                     {"Content-Type", "application/json"}};
  request.body = body;
  return request;
}

std::string contact(const std::string& email) {
  return R"({"inputs":[{"id":")" + email + R"(","idProperty":"email","properties":{}}]})";
}

class SimulatorCrmsTest : public testing::Test {
 protected:
  Reply send(const std::string& method, const std::string& target, const std::string& body = "") {
    return simulator_.answer(asking(method, target, body), start_of_tests + elapsed_);
  }
  Reply upsert(const std::string& email) {
    return send("POST", "/crm/hubspot/crm/objects/2026-03/contacts/batch/upsert", contact(email));
  }

  Simulator simulator_{quiet_options()};
  Milliseconds elapsed_{0};
};

TEST_F(SimulatorCrmsTest, LeadsToAVendorBelowItsPrefix) {
  EXPECT_EQ(send("GET", property).answer.status, 200);
  EXPECT_EQ(send("GET", "/crm/nobody/x").answer.status, 404);
  EXPECT_THAT(send("GET", "/crm/nobody/x").answer.body, HasSubstr("hubspot"));
}

TEST_F(SimulatorCrmsTest, HasFiveVendorsThatAskForCredentials) {
  for (const char* name : {"hubspot", "salesforce", "zoho", "odoo", "espocrm"}) {
    ASSERT_NE(simulator_.vendor(name), nullptr) << name;
    EXPECT_EQ(simulator_.vendor(name)->vendor().name(), name);
  }
  EXPECT_EQ(send("GET", "/crm/salesforce/services/data/v60.0/query?q=SELECT").answer.status, 401);
  EXPECT_EQ(send("POST", "/crm/zoho/crm/v8/Contacts/upsert", R"({"data":[{}]})").answer.status, 401);
}

TEST_F(SimulatorCrmsTest, TellsZohosClientsTheHostThatTheyAsked) {
  const Reply token = send("POST",
                           "/crm/zoho/oauth/v2/token?grant_type=refresh_token&client_id=sample-client&"
                           "client_secret=sample-client-secret&refresh_token=sample-refresh-token");
  EXPECT_EQ(body_of(token).at("api_domain").as_string(), "http://simulator.test:8080/crm/zoho");
}

TEST_F(SimulatorCrmsTest, StillHasTheGenericCrm) {
  EXPECT_EQ(send("POST", "/crm/conversations", R"({"messages":[]})").answer.status, 200);
}

TEST_F(SimulatorCrmsTest, ShowsTheRecordsAndCountsOfAVendor) {
  EXPECT_EQ(upsert("a@b.c").answer.status, 200);
  EXPECT_EQ(upsert("d@e.f").answer.status, 200);
  const Reply records = send("GET", "/simulator/hubspot/records");
  EXPECT_THAT(records.answer.body, HasSubstr(R"({"object":"contacts","id":"501","key":"","properties":{"email":)"
                                             R"("a@b.c"},"linked":[],"writes":1})"
                                             "\n"));
  EXPECT_EQ(body_of(send("GET", "/simulator/hubspot/counts")).at("requests").to_number<int>(), 2);
  EXPECT_EQ(send("POST", "/simulator/hubspot/records").answer.status, 404);
}

TEST_F(SimulatorCrmsTest, ChangesWhatGoesWrongWithAVendorAllOrNothing) {
  EXPECT_EQ(send("POST", "/simulator/hubspot", R"({"down":true,"nothing":1})").answer.status, 400);
  EXPECT_EQ(send("GET", property).answer.status, 200);
  EXPECT_EQ(body_of(send("POST", "/simulator/hubspot", R"({"down":true})")).at("down").as_string(), "yes");
  const Reply down = send("GET", property);
  EXPECT_EQ(down.answer.status, 503);
  EXPECT_EQ(down.answer.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(down.answer.header("Retry-After"), "1");
}

TEST_F(SimulatorCrmsTest, CarriesOutWhatIsAskedForBeforeAnAnswerIsLost) {
  simulator_.vendor("hubspot")->vendor().faults().lost_answers = 1;
  EXPECT_EQ(upsert("a@b.c").fault, WireFault::close_before_answer);
  EXPECT_EQ(simulator_.vendor("hubspot")->vendor().records().size(), 1U);
  simulator_.vendor("hubspot")->vendor().faults() = {};
  simulator_.vendor("hubspot")->vendor().faults().resets = 1;
  EXPECT_EQ(upsert("d@e.f").fault, WireFault::close_before_answer);
  EXPECT_EQ(simulator_.vendor("hubspot")->vendor().records().size(), 1U);
}

TEST_F(SimulatorCrmsTest, ThrottlesInTheVendorsWordsWithOrWithoutRetryAfter) {
  simulator_.vendor("hubspot")->vendor().faults().throttled = 1;
  const Reply with = send("GET", property);
  EXPECT_THAT(with.answer.body, HasSubstr("policyName"));
  EXPECT_EQ(with.answer.header("Retry-After"), "1");
  simulator_.vendor("hubspot")->vendor().faults().retry_after_s = 0;
  EXPECT_EQ(send("GET", property).answer.header("Retry-After"), std::nullopt);
}

TEST_F(SimulatorCrmsTest, AnswersASlowWriteWhenItTakesEffectAndShowsItFromThen) {
  simulator_.vendor("hubspot")->vendor().faults().slow_commit_s = 2.5;
  EXPECT_EQ(upsert("a@b.c").delay, Milliseconds{2500});
  EXPECT_EQ(send("GET", property).delay, Milliseconds{0});
  EXPECT_EQ(send("GET", "/simulator/hubspot/records").answer.body, "");
  elapsed_ = Milliseconds{2500};
  EXPECT_THAT(send("GET", "/simulator/hubspot/records").answer.body, HasSubstr("a@b.c"));
}

TEST_F(SimulatorCrmsTest, RevokesTokensAgainWhenSwitchedOffAndOn) {
  HttpRequest form = asking("POST", "/crm/hubspot/oauth/2026-03/token",
                            "grant_type=refresh_token&client_id=sample-client&client_secret=sample-client-secret&"
                            "refresh_token=sample-refresh-token");
  form.headers.back().value = "application/x-www-form-urlencoded";
  HttpRequest get = asking("GET", property);
  for (int round = 1; round <= 2; ++round) {
    EXPECT_EQ(simulator_.answer(form, start_of_tests).answer.status, 200);
    get.headers[1].value = "Bearer sample-access-token-" + std::to_string(round);
    EXPECT_EQ(simulator_.answer(get, start_of_tests).answer.status, 200);
    EXPECT_EQ(send("POST", "/simulator/hubspot", R"({"tokens_revoked":false})").answer.status, 200);
    EXPECT_EQ(send("POST", "/simulator/hubspot", R"({"tokens_revoked":true})").answer.status, 200);
    EXPECT_EQ(simulator_.answer(get, start_of_tests).answer.status, 401);
  }
}

TEST(SimulatorCrmsOptionsTest, BeginWithTheGivenFaults) {
  SimulatorOptions options = quiet_options();
  options.vendor_faults["hubspot"].unauthorized.on = true;
  Simulator simulator(options);
  EXPECT_EQ(simulator.answer(asking("GET", property), start_of_tests).answer.status, 401);
}

}  // namespace
}  // namespace elit::simulator
