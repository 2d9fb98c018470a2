#include "core/simulator/crms/espocrm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/simulator/crms/crm_peer.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::SizeIs;

class EspoCrmTest : public testing::Test {
 protected:
  HttpRequest asking(const std::string& method, const std::string& target, const json::object& body = {}) const {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.headers = {{"X-Api-Key", std::string(vendor_api_key)}};
    request.body = body.empty() ? "" : json::serialize(body);
    return request;
  }
  HttpResponse send(const HttpRequest& request) {
    CrmCall call;
    call.now = from_ms(1'769'850'000'000) + elapsed_;
    call.elapsed = elapsed_;
    return peer_.answer(request, call).answer;
  }
  HttpResponse send(const std::string& method, const std::string& target, const json::object& body = {}) {
    return send(asking(method, target, body));
  }
  std::string create(const std::string& entity, const json::object& body) {
    const HttpResponse made = send("POST", "/api/v1/" + entity, body);
    EXPECT_EQ(made.status, 200) << reason_of(made);
    return std::string(json::parse(made.body).at("id").as_string());
  }
  static std::string reason_of(const HttpResponse& response) {
    return std::string(response.header("X-Status-Reason").value_or(""));
  }
  static json::object call_with(const std::string& contact) {
    return {{"name", "n"},           {"dateStart", "2026-01-31 08:00:00"}, {"dateEnd", "2026-01-31 08:00:00"},
            {"description", "text"}, {"assignedUserId", espo_api_user},    {"contactsIds", json::array{contact}},
            {"cElitKey", "k"}};
  }
  SimulatedCrmFaults& faults() { return peer_.vendor().faults(); }

  CrmPeer peer_{std::make_unique<EspoCrm>(), 1};
  Milliseconds elapsed_{0};
};

TEST_F(EspoCrmTest, RequiresAnAssignedUserOfCallsAndTellsWhoTheApiUserIs) {
  const std::string contact = create("Contact", {{"lastName", "Rao"}});
  json::object call = call_with(contact);
  call.erase("assignedUserId");
  const HttpResponse refused = send("POST", "/api/v1/Call", call);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(reason_of(refused), "Field validation failure; entityType: Call, field: assignedUser, type: required.");
  EXPECT_EQ(json::parse(send("GET", "/api/v1/App/user").body).at("user").at("id").as_string(), espo_api_user);
  create("Call", call_with(contact));
}

TEST_F(EspoCrmTest, RefusesNamesAndNumbersThatBreakItsRules) {
  EXPECT_THAT(reason_of(send("POST", "/api/v1/Contact", {{"lastName", "a < b"}})), HasSubstr("type: pattern"));
  EXPECT_THAT(reason_of(send("POST", "/api/v1/Contact", {{"lastName", std::string(101, 'x')}})),
              HasSubstr("type: maxLength"));
  EXPECT_THAT(reason_of(send("POST", "/api/v1/Contact", {{"lastName", "x"}, {"phoneNumber", "+12"}})),
              HasSubstr("field: phoneNumber, type: valid"));
  EXPECT_THAT(reason_of(send("POST", "/api/v1/Contact", {{"firstName", "x"}})), HasSubstr("field: lastName"));
}

TEST_F(EspoCrmTest, ListsDuplicatesByKeyAndNameUnlessToldToSkipThem) {
  const json::object first{{"firstName", "Asha"}, {"lastName", "Rao"}, {"cElitKey", "s.1"}};
  const std::string id = create("Contact", first);
  for (const json::object& same : {json::object{{"lastName", "Other"}, {"cElitKey", "s.1"}},
                                   json::object{{"firstName", "Asha"}, {"lastName", "Rao"}, {"cElitKey", "s.2"}}}) {
    const HttpResponse refused = send("POST", "/api/v1/Contact", same);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(json::parse(refused.body).at(0).at("id").as_string(), id);
    HttpRequest skipping = asking("POST", "/api/v1/Contact", same);
    skipping.headers.push_back({"X-Skip-Duplicate-Check", "true"});
    EXPECT_EQ(send(skipping).status, 200);
    peer_.vendor().remove("Contact", peer_.vendor().records().back().id);
  }
  faults().duplicate_check = false;
  EXPECT_EQ(send("POST", "/api/v1/Contact", {{"lastName", "Other"}, {"cElitKey", "s.1"}}).status, 200);
}

TEST_F(EspoCrmTest, KnowsNothingOfARecordThatSomebodyDeleted) {
  const std::string contact = create("Contact", {{"lastName", "Rao"}, {"cElitKey", "s.1"}});
  EXPECT_EQ(peer_.vendor().remove_all("Contact"), 1U);
  EXPECT_EQ(send("PUT", "/api/v1/Contact/" + contact, {{"lastName", "x"}}).status, 404);
  const HttpResponse refused = send("POST", "/api/v1/Call", call_with(contact));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(reason_of(refused), HasSubstr("non-existing record"));
  EXPECT_THAT(refused.body, HasSubstr("cannotRelateNonExisting"));
  const HttpResponse list =
      send("GET", "/api/v1/Contact?where[0][type]=equals&where[0][attribute]=cElitKey&where[0][value]=s.1");
  EXPECT_EQ(json::parse(list.body).at("total").as_int64(), 0);
}

TEST_F(EspoCrmTest, CarriesOutALateRequestAfterItsSuccessor) {
  const std::string contact = create("Contact", {{"lastName", "first"}});
  faults().late_every = 1;
  faults().late_s = 2;
  send("PUT", "/api/v1/Contact/" + contact, {{"lastName", "late"}});
  faults().late_every = 0;
  const auto name = [this, &contact] {
    return json::parse(send("GET", "/api/v1/Contact/" + contact).body).at("lastName").as_string();
  };
  EXPECT_EQ(name(), "first");
  send("PUT", "/api/v1/Contact/" + contact, {{"lastName", "successor"}});
  elapsed_ += Milliseconds{1999};
  EXPECT_EQ(name(), "successor");
  elapsed_ += Milliseconds{1};
  EXPECT_EQ(name(), "late");
}

TEST_F(EspoCrmTest, AsksForItsKey) {
  HttpRequest request = asking("GET", "/api/v1/App/user");
  request.headers = {{"X-Api-Key", "wrong"}};
  EXPECT_EQ(send(request).status, 401);
  EXPECT_EQ(send("GET", "/api/v1/Elsewhere").status, 404);
  EXPECT_THAT(reason_of(send("GET", "/api/v1/Contact?where[0][type]=equals&where[0][attribute]=cOther")),
              HasSubstr("Not existing attribute 'cOther'"));
}

}  // namespace
}  // namespace elit::simulator
