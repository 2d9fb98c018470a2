#include "core/simulator/crms/hubspot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/simulator/crms/crm_calls.hpp"

namespace elit::simulator {
namespace {

using testing::HasSubstr;

constexpr const char* contacts_upsert = "/crm/objects/2026-03/contacts/batch/upsert";
constexpr const char* messages_upsert = "/crm/objects/2026-03/communications/batch/upsert";
constexpr const char* messages_create = "/crm/objects/2026-03/communications/batch/create";
constexpr const char* messages_read = "/crm/objects/2026-09/communications/batch/read";
constexpr const char* associate = "/crm/associations/2026-03/communications/contacts/batch/associate/default";
constexpr const char* read_links = "/crm/associations/2026-03/contacts/communications/batch/read";

std::string inputs(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& input : list) {
    text += (text.empty() ? "" : ",") + input;
  }
  return R"({"inputs":[)" + text + "]}";
}

std::string contact(const std::string& user, const std::string& more = "", const std::string& trace = "") {
  return R"({"id":")" + user + R"(","idProperty":"elit_user_id","properties":{"elit_user_id":")" + user + "\"" + more +
         "}" + (trace.empty() ? "" : R"(,"objectWriteTraceId":")" + trace + "\"") + "}";
}

constexpr const char* message_properties =
    R"("hs_communication_channel_type":"WHATS_APP","hs_communication_logged_from":"CRM",)"
    R"("hs_timestamp":"2026-01-31T09:00:00Z","hs_communication_body":)";

std::string message(const std::string& key, const std::string& text = "hi") {
  return R"({"id":")" + key + R"(","idProperty":"elit_activity_id","objectWriteTraceId":")" + key +
         R"(","properties":{)" + message_properties + "\"" + text + "\"}}";
}

std::string new_message(const std::string& contact_id, const std::string& text = "hi") {
  return R"({"associations":[{"to":{"id":")" + contact_id +
         R"("},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":81}]}],"properties":{)" +
         message_properties + "\"" + text + "\"}}";
}

std::string unique_property(const std::string& name) {
  return R"({"groupName":"g","name":")" + name +
         R"(","label":"L","type":"string","fieldType":"text","hasUniqueValue":true})";
}

class HubSpotTest : public testing::Test {
 protected:
  HubSpotTest() {
    EXPECT_EQ(crm_.post("/crm/properties/2026-03/contacts", unique_property("elit_user_id")).status, 201);
  }

  void accept_unique_activities() {
    EXPECT_EQ(crm_.post("/crm/properties/2026-03/communications", unique_property("elit_activity_id")).status, 201);
  }

  // Its id.
  std::string add_contact(const std::string& user) {
    const std::string id = at(crm_.post(contacts_upsert, inputs({contact(user)})), "/results/0/id");
    return id.substr(1, id.size() - 2);
  }

  VendorClient<HubSpot> crm_;
  SimulatedCrmFaults& faults_ = crm_.vendor.faults();
};

TEST_F(HubSpotTest, TellsWhetherAPropertyExists) {
  EXPECT_EQ(crm_.send("GET", "/crm/properties/2026-09/contacts/nothing").status, 404);
  const HttpResponse answer = crm_.send("GET", "/crm/properties/2026-09/contacts/elit_user_id");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, "/hasUniqueValue"), "true");
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 0U);
}

TEST_F(HubSpotTest, RefusesAPropertyThatExistsAndOneWithoutALabel) {
  EXPECT_EQ(crm_.post("/crm/properties/2026-03/contacts", unique_property("elit_user_id")).status, 409);
  EXPECT_EQ(crm_.post("/crm/properties/2026-03/contacts", R"({"name":"a"})").status, 400);
}

TEST_F(HubSpotTest, HasAtMostTenUniquePropertiesOfAnObject) {
  for (int i = 1; i < 10; ++i) {
    EXPECT_EQ(crm_.post("/crm/properties/2026-03/contacts", unique_property("p" + std::to_string(i))).status, 201);
  }
  EXPECT_EQ(crm_.post("/crm/properties/2026-03/contacts", unique_property("p10")).status, 400);
}

TEST_F(HubSpotTest, RefusesUniquePropertiesOfActivitiesWhenSetSo) {
  faults_.unique_activities = false;
  EXPECT_EQ(crm_.post("/crm/properties/2026-03/communications", unique_property("elit_activity_id")).status, 400);
  EXPECT_EQ(crm_.post(messages_upsert, inputs({message("a")})).status, 400);
}

TEST_F(HubSpotTest, RefusesToAddPropertiesWithoutTheScope) {
  faults_.fields_creatable = false;
  const HttpResponse answer = crm_.post("/crm/properties/2026-03/contacts", unique_property("other"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(at(answer, "/category"), "\"MISSING_SCOPES\"");
}

TEST_F(HubSpotTest, WritesAContactOnceAndSaysWhetherItIsNew) {
  const std::string body = inputs({contact("u1", R"(,"firstname":"Asha")", "c0")});
  const HttpResponse first = crm_.post(contacts_upsert, body);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(at(first, "/results/0/new"), "true");
  EXPECT_EQ(at(first, "/results/0/objectWriteTraceId"), "\"c0\"");
  const HttpResponse again = crm_.post(contacts_upsert, body);
  EXPECT_EQ(at(again, "/results/0/new"), "false");
  EXPECT_EQ(at(again, "/results/0/id"), at(first, "/results/0/id"));
  ASSERT_EQ(crm_.vendor.records().size(), 1U);
  EXPECT_EQ(crm_.vendor.records()[0].key, "u1");
  EXPECT_EQ(crm_.vendor.records()[0].writes, 2);
}

TEST_F(HubSpotTest, GivesEmailAddressesBackInLowerCase) {
  const HttpResponse answer = crm_.post(contacts_upsert, inputs({contact("u1", R"(,"email":"Asha@Example.COM")")}));
  EXPECT_EQ(at(answer, "/results/0/properties/email"), "\"asha@example.com\"");
}

TEST_F(HubSpotTest, RefusesTheWholeBatchForOneBadRecordWithoutTraceIds) {
  const HttpResponse answer = crm_.post(contacts_upsert, inputs({contact("u1"), contact("u2", R"(,"missing":"x")")}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(at(answer, "/message"), HasSubstr("PROPERTY_DOESNT_EXIST"));
  EXPECT_TRUE(crm_.vendor.records().empty());
}

TEST_F(HubSpotTest, WritesTheGoodRecordsOfABatchWithTraceIds) {
  const HttpResponse answer =
      crm_.post(contacts_upsert, inputs({contact("u1", "", "a"), contact("u2", R"(,"missing":"x")", "b")}));
  EXPECT_EQ(answer.status, 207);
  EXPECT_EQ(at(answer, "/results/0/objectWriteTraceId"), "\"a\"");
  EXPECT_EQ(at(answer, "/results/1"), "absent");
  EXPECT_EQ(at(answer, "/numErrors"), "1");
  EXPECT_EQ(at(answer, "/errors/0/context/objectWriteTraceId/0"), "\"b\"");
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(HubSpotTest, TellsOfErrorsWithStatus200WhenSetSo) {
  faults_.errors_with_200 = true;
  faults_.refused_text = "bad";
  const HttpResponse answer =
      crm_.post(contacts_upsert, inputs({contact("u1", R"(,"firstname":"bad")", "a"), contact("u2", "", "b")}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, "/errors/0/context/objectWriteTraceId/0"), "\"a\"");
}

TEST_F(HubSpotTest, RefusesABatchWithOneIdTwiceEvenWithTraceIds) {
  const HttpResponse answer = crm_.post(contacts_upsert, inputs({contact("u1", "", "a"), contact("u1", "", "b")}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/context/ids/0"), "\"u1\"");
  EXPECT_TRUE(crm_.vendor.records().empty());
}

TEST_F(HubSpotTest, TakesAHundredRecordsAndNotOneMore) {
  std::vector<std::string> list;
  for (int i = 0; i < 100; ++i) {
    list.push_back(contact("u" + std::to_string(i)));
  }
  EXPECT_EQ(crm_.post(contacts_upsert, inputs(list)).status, 200);
  list.push_back(contact("u100"));
  EXPECT_EQ(crm_.post(contacts_upsert, inputs(list)).status, 400);
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({})).status, 400);
}

TEST_F(HubSpotTest, RefusesValuesThatAreNoStringsAndMembersItDoesNotKnow) {
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({contact("u1", R"(,"phone":91)", "a")})).status, 400);
  EXPECT_EQ(
      crm_.post(contacts_upsert, inputs({R"({"id":"u1","idProperty":"elit_user_id","properties":{},"x":1})"})).status,
      400);
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 2U);
}

TEST_F(HubSpotTest, FindsRecordsOnlyByUniqueProperties) {
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({R"({"id":"A","idProperty":"firstname","properties":{}})"})).status, 400);
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({R"({"id":"A@b.c","idProperty":"email","properties":{}})"})).status, 200);
  EXPECT_EQ(at(crm_.post(contacts_upsert, inputs({R"({"id":"a@B.c","idProperty":"email","properties":{}})"})),
               "/results/0/new"),
            "false");
}

TEST_F(HubSpotTest, RefusesASecondContactWithAnEmailAddressAndNamesTheFirst) {
  const std::string email = R"(,"email":"a@b.c")";
  const std::string id = at(crm_.post(contacts_upsert, inputs({contact("u1", email)})), "/results/0/id");
  const HttpResponse answer = crm_.post(contacts_upsert, inputs({contact("u2", email)}));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(at(answer, "/message"), "\"Contact already exists. Existing ID: " + id.substr(1));
}

TEST_F(HubSpotTest, ShufflesResultsAndLeavesSomeOutWhenSetSo) {
  faults_.shuffled = true;
  const HttpResponse answer =
      crm_.post(contacts_upsert, inputs({contact("u1", "", "a"), contact("u2", "", "b"), contact("u3", "", "c")}));
  EXPECT_NE(at(answer, "/results/0/objectWriteTraceId"), "\"a\"");
  EXPECT_NE(at(answer, "/results/1/objectWriteTraceId"), "\"b\"");
  faults_.shuffled = false;
  faults_.unmentioned_every = 2;
  const HttpResponse less = crm_.post(contacts_upsert, inputs({contact("u4", "", "d"), contact("u5", "", "e")}));
  EXPECT_EQ(less.status, 200);
  EXPECT_EQ(at(less, "/results/1"), "absent");
  EXPECT_EQ(crm_.vendor.records().size(), 5U);
}

TEST_F(HubSpotTest, WritesAnActivityByItsKeyAndLinksItTwiceAsOnce) {
  accept_unique_activities();
  const std::string contact_id = add_contact("u1");
  const std::string id = at(crm_.post(messages_upsert, inputs({message("k1")})), "/results/0/id");
  EXPECT_EQ(at(crm_.post(messages_upsert, inputs({message("k1")})), "/results/0/new"), "false");
  const std::string pair = inputs({R"({"from":{"id":)" + id + R"(},"to":{"id":")" + contact_id + R"("}})"});
  EXPECT_EQ(crm_.post(associate, pair).status, 200);
  EXPECT_EQ(crm_.post(associate, pair).status, 200);
  ASSERT_EQ(crm_.vendor.records().size(), 2U);
  EXPECT_EQ(crm_.vendor.records()[1].linked, std::set<std::string>{contact_id});
  EXPECT_EQ(crm_.vendor.records()[1].writes, 2);
}

TEST_F(HubSpotTest, SaysWhichPairCannotBeLinked) {
  const HttpResponse answer = crm_.post(associate, inputs({R"({"from":{"id":"1"},"to":{"id":"2"}})"}));
  EXPECT_EQ(answer.status, 207);
  EXPECT_EQ(at(answer, "/errors/0/context/fromObjectId/0"), "\"1\"");
}

TEST_F(HubSpotTest, RefusesAssociationsInAnUpsert) {
  accept_unique_activities();
  std::string body = message("k1");
  body.insert(1, R"("associations":[],)");
  EXPECT_EQ(crm_.post(messages_upsert, inputs({body})).status, 400);
}

TEST_F(HubSpotTest, CreatesALinkedActivityAnewEachTime) {
  const std::string id = add_contact("u1");
  EXPECT_EQ(crm_.post(messages_create, inputs({new_message(id)})).status, 201);
  EXPECT_EQ(crm_.post(messages_create, inputs({new_message(id)})).status, 201);
  ASSERT_EQ(crm_.vendor.records().size(), 3U);
  EXPECT_TRUE(crm_.vendor.records()[2].linked.contains(id));
}

TEST_F(HubSpotTest, UpdatesRecordsByTheirIds) {
  const std::string contact = add_contact("u1");
  EXPECT_EQ(crm_.post(messages_create, inputs({new_message(contact)})).status, 201);
  const std::string id = crm_.vendor.records()[1].id;
  const std::string target = "/crm/objects/2026-03/communications/batch/update";
  const std::string grown = R"("objectWriteTraceId":"t","properties":{"hs_communication_body":"longer"}})";
  const HttpResponse answer = crm_.post(target, inputs({R"({"id":")" + id + R"(",)" + grown}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, "/results/0/objectWriteTraceId"), R"("t")");
  EXPECT_EQ(crm_.vendor.records()[1].properties.at("hs_communication_body"), "longer");
  EXPECT_EQ(crm_.vendor.records()[1].writes, 2);
  EXPECT_EQ(at(crm_.post(target, inputs({R"({"id":"1",)" + grown})), "/errors/0/category"), R"("OBJECT_NOT_FOUND")");
  EXPECT_EQ(crm_.vendor.records().size(), 2U);
}

TEST_F(HubSpotTest, RefusesAnActivityWithoutTypeOfLinkInstantOrKnownChannel) {
  const std::string id = add_contact("u1");
  EXPECT_EQ(crm_.post(messages_create, inputs({R"({"associations":[{"to":{"id":"1"}}],"properties":{}})"})).status,
            400);
  std::string timeless = new_message(id);
  timeless.replace(timeless.find("hs_timestamp"), 12, "hubspot_owner_id");
  EXPECT_EQ(crm_.post(messages_create, inputs({timeless})).status, 400);
  std::string telegram = new_message(id);
  telegram.replace(telegram.find("WHATS_APP"), 9, "TELEGRAM");
  EXPECT_EQ(crm_.post(messages_create, inputs({telegram})).status, 400);
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(HubSpotTest, MeasuresTextsInUtf16Units) {
  accept_unique_activities();
  faults_.text_length_max = 4;
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({contact("u1", R"(,"firstname":"😀😀")")})).status, 200);
  const HttpResponse answer = crm_.post(contacts_upsert, inputs({contact("u1", R"(,"firstname":"😀😀a")")}));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(at(answer, "/message"), HasSubstr("INVALID_LENGTH"));
}

TEST_F(HubSpotTest, ReadsTheActivitiesOfAContact) {
  const std::string with = add_contact("u1");
  const std::string without = add_contact("u2");
  const std::string id = at(crm_.post(messages_create, inputs({new_message(with, "marker")})), "/results/0/id");
  const HttpResponse links =
      crm_.post(read_links, inputs({R"({"id":")" + with + "\"}", R"({"id":")" + without + "\"}"}));
  EXPECT_EQ(links.status, 207);
  EXPECT_EQ(at(links, "/results/0/to/0/toObjectId"), id);
  EXPECT_EQ(at(links, "/errors/0/context/fromObjectId/0"), "\"" + without + "\"");
  const HttpResponse read = crm_.post(messages_read, R"({"properties":["hs_communication_body"],)"
                                                     R"("propertiesWithHistory":[],"inputs":[{"id":)" +
                                                         id + R"(},{"id":"7"}]})");
  EXPECT_EQ(read.status, 207);
  EXPECT_EQ(at(read, "/results/0/properties/hs_communication_body"), "\"marker\"");
  EXPECT_EQ(at(read, "/errors/0/context/ids/0"), "\"7\"");
}

TEST_F(HubSpotTest, ReadsRecordsByAUniqueProperty) {
  const std::string id = add_contact("u1");
  const std::string rest = R"("properties":["elit_user_id"],"propertiesWithHistory":[],"inputs":[{"id":"u1"}]})";
  const std::string read = "/crm/objects/2026-03/contacts/batch/read";
  EXPECT_EQ(at(crm_.post(read, R"({"idProperty":"elit_user_id",)" + rest), "/results/0/id"), "\"" + id + "\"");
  EXPECT_EQ(crm_.post(read, R"({"idProperty":"firstname",)" + rest).status, 400);
}

TEST_F(HubSpotTest, WantsPropertiesWithHistoryInARead) {
  EXPECT_EQ(crm_.post(messages_read, R"({"properties":[],"inputs":[{"id":"1"}]})").status, 400);
}

TEST_F(HubSpotTest, GivesTheAssociationsOfAContactInPages) {
  const std::string id = add_contact("u1");
  for (int batch = 0; batch < 6; ++batch) {
    EXPECT_EQ(crm_.post(messages_create, inputs(std::vector<std::string>(100, new_message(id)))).status, 201);
  }
  const HttpResponse first = crm_.post(read_links, inputs({R"({"id":")" + id + "\"}"}));
  EXPECT_EQ(at(first, "/results/0/paging/next/after"), "\"500\"");
  EXPECT_EQ(at(first, "/results/0/to/500"), "absent");
  const HttpResponse second = crm_.post(read_links, inputs({R"({"id":")" + id + R"(","after":"500"})"}));
  EXPECT_NE(at(second, "/results/0/to/99"), "absent");
  EXPECT_EQ(at(second, "/results/0/paging"), "absent");
}

TEST_F(HubSpotTest, LetsASlowWriteTakeEffectLaterAndASecondAttemptNotSeeIt) {
  faults_.slow_commit_s = 30;
  const HttpResponse first = crm_.post(contacts_upsert, inputs({contact("u1")}));
  EXPECT_EQ(crm_.vendor.answer_delay(), Milliseconds{30'000});
  EXPECT_TRUE(crm_.vendor.records().empty());
  crm_.elapsed = Milliseconds{10'000};
  const HttpResponse second = crm_.post(contacts_upsert, inputs({contact("u1")}));
  EXPECT_EQ(at(second, "/results/0/new"), "true");
  EXPECT_EQ(at(second, "/results/0/id"), at(first, "/results/0/id"));
  crm_.elapsed = Milliseconds{40'000};
  EXPECT_EQ(crm_.send("GET", "/crm/properties/2026-03/contacts/email").status, 200);
  EXPECT_EQ(crm_.vendor.answer_delay(), Milliseconds{0});
  ASSERT_EQ(crm_.vendor.records().size(), 1U);
  EXPECT_EQ(crm_.vendor.records()[0].writes, 2);
}

TEST_F(HubSpotTest, GivesATokenOfThirtyMinutesForTheRefreshToken) {
  const HttpResponse token = crm_.post_form("/oauth/2026-03/token", refresh_form());
  EXPECT_EQ(token.status, 200);
  EXPECT_EQ(at(token, "/expires_in"), "1800");
  EXPECT_EQ(at(token, "/refresh_token"), "\"sample-refresh-token\"");
  crm_.authorization = "Bearer sample-access-token-1";
  EXPECT_EQ(crm_.send("GET", "/crm/properties/2026-03/contacts/email").status, 200);
  crm_.elapsed = std::chrono::minutes{30};
  const HttpResponse expired = crm_.send("GET", "/crm/properties/2026-03/contacts/email");
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(at(expired, "/category"), "\"EXPIRED_AUTHENTICATION\"");
}

TEST_F(HubSpotTest, RefusesOtherGrantsClientsAndRefreshTokens) {
  EXPECT_EQ(crm_.post_form("/oauth/2026-03/token", "grant_type=client_credentials").status, 400);
  EXPECT_EQ(at(crm_.post_form("/oauth/2026-03/token", refresh_form("other")), "/status"), "\"BAD_REFRESH_TOKEN\"");
  EXPECT_EQ(crm_.send("POST", "/oauth/2026-03/token", "{}").status, 415);
  EXPECT_EQ(crm_.vendor.counts().token_requests, 3U);
  EXPECT_EQ(crm_.vendor.counts().tokens_given, 0U);
}

TEST_F(HubSpotTest, RefusesRequestsWithoutOrWithWrongCredentials) {
  EXPECT_EQ(crm_.get_as("", "/crm/properties/2026-03/contacts/email").status, 401);
  EXPECT_EQ(crm_.get_as("Bearer other", "/crm/properties/2026-03/contacts/email").status, 401);
  EXPECT_EQ(crm_.get_as("Basic sample-api-key", "/crm/properties/2026-03/contacts/email").status, 401);
}

TEST_F(HubSpotTest, CountsTheCallsOfTenSecondsDown) {
  faults_.window_calls_max = 3;
  const HttpResponse second = crm_.send("GET", "/crm/properties/2026-03/contacts/email");
  EXPECT_EQ(second.header("X-HubSpot-RateLimit-Remaining"), "1");
  EXPECT_EQ(second.header("X-HubSpot-RateLimit-Interval-Milliseconds"), "10000");
  EXPECT_EQ(crm_.send("GET", "/crm/properties/2026-03/contacts/email").status, 200);
  const HttpResponse fourth = crm_.send("GET", "/crm/properties/2026-03/contacts/email");
  EXPECT_EQ(fourth.status, 429);
  EXPECT_EQ(at(fourth, "/policyName"), "\"TEN_SECONDLY_ROLLING\"");
  crm_.elapsed = Milliseconds{10'000};
  EXPECT_EQ(crm_.send("GET", "/crm/properties/2026-03/contacts/email").status, 200);
}

TEST_F(HubSpotTest, SaysInItsOwnWayWhatIsSpentLockedOrForbidden) {
  faults_.quota_spent.on = true;
  EXPECT_EQ(at(crm_.send("GET", "/crm/properties/2026-03/contacts/email"), "/policyName"), "\"DAILY\"");
  faults_.quota_spent.on = false;
  faults_.locked.on = true;
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({contact("u1")})).status, 423);
  EXPECT_EQ(crm_.post(read_links, inputs({R"({"id":"1"})"})).status, 207);
  faults_.locked.on = false;
  faults_.forbidden.on = true;
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({contact("u1")})).status, 403);
  faults_.forbidden.on = false;
  faults_.locked_text = "Asha";
  EXPECT_EQ(crm_.post(contacts_upsert, inputs({contact("u1", R"(,"firstname":"Asha")", "a")})).status, 423);
  EXPECT_TRUE(crm_.vendor.records().empty());
}

TEST_F(HubSpotTest, AnswersOtherAddressesMethodsAndMediaTypesWithTheirStatus) {
  EXPECT_EQ(crm_.send("GET", "/crm/v3/objects/contacts").status, 404);
  EXPECT_EQ(crm_.send("GET", contacts_upsert).status, 405);
  EXPECT_EQ(crm_.send("POST", contacts_upsert, "x=1", "text/plain").status, 415);
  EXPECT_EQ(crm_.post(contacts_upsert, "[]").status, 400);
  EXPECT_EQ(crm_.post("/crm/objects/2026-03/ghosts/batch/upsert", inputs({contact("u1")})).status, 400);
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 5U);
}

TEST_F(HubSpotTest, SpeaksOfTroubleOfTheWireInItsOwnWords) {
  EXPECT_THAT(crm_.vendor.refusal(Trouble::throttled)->body, HasSubstr("TEN_SECONDLY_ROLLING"));
  EXPECT_EQ(crm_.vendor.refusal(Trouble::unauthorized)->status, 401);
  EXPECT_FALSE(crm_.vendor.refusal(Trouble::down).has_value());
}

}  // namespace
}  // namespace elit::simulator
