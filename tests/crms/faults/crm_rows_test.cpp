#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>

#include "tests/crms/faults/delivery_rig.hpp"

// Faults of single records of a request.
namespace elit::crm::faults {
namespace {

namespace json = boost::json;
using simulator::Reply;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class CrmRowsTest : public testing::TestWithParam<Case> {
 protected:
  static bool is(const std::string& preset) { return std::string(GetParam().crm.preset).starts_with(preset); }
  static void say_to_a_hundred(DeliveryRig& rig, const std::string& thirteenth) {
    for (int user = 1; user <= 100; ++user) {
      rig.say("u" + std::to_string(user), user == 13 ? thirteenth : "hello");
    }
  }
};

json::array* results_in(json::value& body) {
  boost::system::error_code error;
  for (const char* place : {"", "/results", "/data", "/result/ids", "/ids"}) {
    json::value* found = body.find_pointer(place, error);
    if (found != nullptr && found->is_array()) {
      return &found->get_array();
    }
  }
  return nullptr;
}

// The answer without its last result; the same when it has none.
Reply forgetful(Reply reply) {
  boost::system::error_code error;
  json::value body = json::parse(reply.answer.body, error);
  json::array* results = error ? nullptr : results_in(body);
  if (results != nullptr && !results->empty()) {
    results->pop_back();
    reply.answer.body = json::serialize(body);
  }
  return reply;
}

TEST_P(CrmRowsTest, KnowsItsRecordsInAnyOrder) {
  DeliveryRig rig(GetParam());
  rig.faults().shuffled = true;
  rig.say_some(20, 3);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmRowsTest, SendsAgainWhatAnAnswerForgetsAndWritesItOnce) {
  DeliveryRig rig(GetParam());
  rig.faults().unmentioned_every = 3;
  rig.say_some(7, 2);
  rig.start();
  // An incomplete list without names proves nothing about its records, so their batch is taken apart.
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(rig.requests(), 100);
}

TEST_P(CrmRowsTest, ReadsResultsByTheirPlacesOnlyWhenAllAreThere) {
  DeliveryRig rig(GetParam());
  int forgotten = 0;
  rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
    Reply reply = carry_out();
    // A list must not leave out a record that exists.
    const bool asks = request.method == "GET" || request.target.ends_with("/batch/read");
    return !asks && forgotten++ < 6 ? forgetful(std::move(reply)) : reply;
  };
  rig.say_some(5, 2);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmRowsTest, RefusesOneOfAHundredAndDeliversTheOthersAtOnce) {
  for (const bool errors_with_200 : {false, true}) {
    DeliveryRig rig(GetParam());
    rig.faults().refused_text = "poison";
    rig.faults().errors_with_200 = errors_with_200;
    say_to_a_hundred(rig, "poison");
    rig.start();
    rig.pass(seconds{20});
    EXPECT_EQ(rig.in_state("delivered").size(), 99U) << rig.summary().reason;
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    const auto dead = rig.in_state("dead");
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_TRUE(dead.begin()->first.starts_with("poison"));
    const char* code = is("hubspot")      ? "VALIDATION_ERROR"
                       : is("salesforce") ? "FIELD_CUSTOM_VALIDATION_EXCEPTION"
                       : is("zoho")       ? "INVALID_DATA"
                                          : "refused on request";
    EXPECT_NE(dead.begin()->second.find(code), std::string::npos) << dead.begin()->second;
    rig.expect_all_there({dead.begin()->first});
    EXPECT_LE(rig.requests(), GetParam().crm.unique_activities ? 45 : 60);
  }
}

TEST_P(CrmRowsTest, WaitsForALockedRecordAndDeliversTheOthersAtOnce) {
  DeliveryRig rig(GetParam());
  rig.faults().locked_text = "hold on";
  say_to_a_hundred(rig, "hold on");
  rig.start();
  rig.pass(minutes{1});
  if (is("odoo") || is("hubspot")) {
    // These CRMs write all records or none and do not say which record is locked.
    rig.faults().locked_text.clear();
  } else {
    EXPECT_EQ(rig.in_state("delivered").size(), 99U) << rig.summary().reason;
    rig.pass(minutes{10});
    rig.faults().locked_text.clear();
  }
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_LE(rig.requests(), 120);
}

TEST_P(CrmRowsTest, WaitsWhileEverythingIsLocked) {
  DeliveryRig rig(GetParam());
  rig.faults().locked.from = Milliseconds{0};
  rig.faults().locked.to = minutes{20};
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
  EXPECT_GE(rig.elapsed(), minutes{20});
  EXPECT_LE(rig.requests(), 60);
}

TEST_P(CrmRowsTest, KeepsTheMessagesOfARefusedContactAndDeliversTheOthers) {
  DeliveryRig rig(GetParam());
  // As the name is written, which is left out then, or as a part of the key, which is not.
  const bool is_name = is("odoo");
  rig.faults().refused_text = is_name ? "Asha u3" : "u3";
  rig.say_some(5, 2);
  rig.start();
  rig.pass(hours{1});
  EXPECT_EQ(rig.in_state("delivered").size(), is_name ? 10U : 8U) << rig.summary().reason;
  EXPECT_EQ(rig.in_state("dead").size(), 0U);
  EXPECT_LE(rig.requests(), 160) << "each attempt tries the contact without some of its fields, too";
  rig.faults().refused_text.clear();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

TEST_P(CrmRowsTest, PausesWhenItMayDoNothingAndGoesOnWhenItMay) {
  DeliveryRig rig(GetParam());
  rig.faults().forbidden.on = true;
  rig.say_some();
  rig.start();
  rig.pass(hours{2});
  EXPECT_EQ(rig.summary().state, SinkState::misconfigured) << rig.summary().reason;
  EXPECT_EQ(rig.in_state("dead").size(), 0U);
  EXPECT_LE(rig.requests(), 90);
  rig.faults().forbidden.on = false;
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

INSTANTIATE_TEST_SUITE_P(, CrmRowsTest, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return name_of(of.param); });

// Another program creates the same properties at the same time.
TEST(HubSpotPropertiesTest, MayBeMadeBySomebodyElseMeanwhile) {
  DeliveryRig rig({crm_kinds().front(), DeliveryUnit::message});
  int conflicts = 0;
  rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
    if (request.method == "POST" && request.target.find("/crm/properties/") != std::string::npos && conflicts < 2) {
      static_cast<void>(carry_out());
      Reply second = carry_out();
      conflicts += second.answer.status == 409 ? 1 : 0;
      return second;
    }
    return carry_out();
  };
  rig.say_some();
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  EXPECT_EQ(conflicts, 2);
  rig.expect_all_there();
  EXPECT_EQ(rig.activities().front()->key.size(), 32U) << "with unique keys";
}

}  // namespace
}  // namespace elit::crm::faults
