#include "core/simulator/crms/salesforce.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "core/text/percent_encoding.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr Instant start = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z
const std::string contacts = "/services/data/v60.0/composite/sobjects/Contact/Elit_User__c";
const std::string transcripts = "/services/data/v60.0/composite/sobjects/Chat_Transcript__c/Elit_Key__c";

json::value contact(const std::string& user, const std::string& name = "Rao") {
  return {{"attributes", {{"type", "Contact"}}}, {"Elit_User__c", user}, {"LastName", name}};
}

json::value transcript(const std::string& key, const std::string& user, const std::string& body = "hi") {
  return {{"attributes", {{"type", "Chat_Transcript__c"}}},
          {"Elit_Key__c", key},
          {"Contact__r", {{"Elit_User__c", user}}},
          {"Body__c", body}};
}

class SalesforceTest : public testing::Test {
 protected:
  void SetUp() override { token_ = new_token(); }

  HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers = {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}};
    return answer(request);
  }

  HttpResponse upsert(const std::string& target, const json::array& records, bool all_or_none = false) {
    return ask("PATCH", target, json::serialize(json::object{{"allOrNone", all_or_none}, {"records", records}}));
  }

  HttpResponse ask_token(const std::string& form) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/services/oauth2/token";
    request.body = form;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    return answer(request);
  }

  std::string new_token() {
    const HttpResponse given =
        ask_token("grant_type=client_credentials&client_id=sample-client&client_secret=sample-client-secret");
    return json::parse(given.body).at("access_token").as_string().c_str();
  }

  HttpResponse answer(const HttpRequest& request) {
    CrmCall call;
    call.now = start + elapsed_;
    call.elapsed = elapsed_;
    call.base_url = "http://localhost/crm/salesforce";
    return salesforce_.answer(request, call);
  }

  static std::string code(const HttpResponse& answer, std::size_t index) {
    return json::parse(answer.body).as_array().at(index).at_pointer("/errors/0/statusCode").as_string().c_str();
  }

  static bool succeeded(const HttpResponse& answer, std::size_t index) {
    return json::parse(answer.body).as_array().at(index).at("success").as_bool();
  }

  Salesforce salesforce_;
  Milliseconds elapsed_{0};
  std::string token_;
};

TEST_F(SalesforceTest, GivesATokenWithTheInstanceAndWithoutALifetime) {
  const HttpResponse given =
      ask_token("grant_type=client_credentials&client_id=sample-client&client_secret=sample-client-secret");
  EXPECT_EQ(given.status, 200);
  const json::object body = json::parse(given.body).as_object();
  EXPECT_EQ(body.at("instance_url").as_string(), "http://localhost/crm/salesforce");
  EXPECT_EQ(body.at("token_type").as_string(), "Bearer");
  EXPECT_FALSE(body.contains("expires_in"));
  EXPECT_FALSE(body.contains("refresh_token"));
}

TEST_F(SalesforceTest, RefusesOtherClientsWith400) {
  const HttpResponse client = ask_token("grant_type=client_credentials&client_id=x&client_secret=sample-client-secret");
  EXPECT_EQ(client.status, 400);
  EXPECT_THAT(client.body, HasSubstr("invalid_client_id"));
  const HttpResponse secret = ask_token("grant_type=client_credentials&client_id=sample-client&client_secret=x");
  EXPECT_EQ(secret.status, 400);
  EXPECT_THAT(secret.body, HasSubstr(R"("invalid_client")"));
}

TEST_F(SalesforceTest, KnowsNoPasswordGrantAndReadsFormsOnly) {
  EXPECT_THAT(ask_token("grant_type=password&username=u&password=p").body, HasSubstr("unsupported_grant_type"));
  const HttpResponse no_form = ask("POST", "/services/oauth2/token", R"({"grant_type":"client_credentials"})");
  EXPECT_EQ(no_form.status, 400);
  EXPECT_EQ(salesforce_.counts().invalid_requests, 2U);
}

TEST_F(SalesforceTest, LimitsLoginsWithTheErrorOfABadGrant) {
  salesforce_.faults().token_throttled.on = true;
  const HttpResponse answer =
      ask_token("grant_type=client_credentials&client_id=sample-client&client_secret=sample-client-secret");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("login rate exceeded"));
}

TEST_F(SalesforceTest, AnswersAnUnknownSessionWithAnArray) {
  token_ = "another";
  const HttpResponse answer = upsert(contacts, {contact("u1")});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(json::parse(answer.body).at_pointer("/0/errorCode").as_string(), "INVALID_SESSION_ID");
  EXPECT_TRUE(salesforce_.records().empty());
}

TEST_F(SalesforceTest, EndsSessionsAfterTwoHours) {
  elapsed_ = std::chrono::hours{2} - Milliseconds{1};
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 200);
  elapsed_ += Milliseconds{1};
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 401);
}

TEST_F(SalesforceTest, RefusesRevokedTokensAndTakesYoungerOnes) {
  salesforce_.faults().tokens_revoked.on = true;
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 401);
  token_ = new_token();
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 200);
}

TEST_F(SalesforceTest, DescribesFieldsWithTheirLengths) {
  const HttpResponse answer = ask("GET", "/services/data/v60.0/sobjects/Chat_Transcript__c/describe");
  EXPECT_EQ(answer.status, 200);
  std::map<std::string, json::value> fields;
  const json::value body = json::parse(answer.body);
  for (const json::value& field : body.at("fields").as_array()) {
    fields[field.at("name").as_string().c_str()] = field;
  }
  EXPECT_TRUE(fields.at("Elit_Key__c").at("externalId").as_bool());
  EXPECT_TRUE(fields.at("Elit_Key__c").at("unique").as_bool());
  EXPECT_EQ(fields.at("Elit_Key__c").at("length").as_int64(), 255);
  EXPECT_EQ(fields.at("Body__c").at("length").as_int64(), 131'072);
  EXPECT_FALSE(fields.at("Body__c").at("externalId").as_bool());
  EXPECT_EQ(fields.at("Contact__c").at("relationshipName").as_string(), "Contact__r");
}

TEST_F(SalesforceTest, KnowsNoOtherObjectFieldOrVersion) {
  EXPECT_EQ(ask("GET", "/services/data/v60.0/sobjects/Lead/describe").status, 404);
  EXPECT_EQ(ask("GET", "/services/data/v99.0/sobjects/Contact/describe").status, 404);
  EXPECT_EQ(upsert("/services/data/v60.0/composite/sobjects/Contact/LastName", {contact("u1")}).status, 404);
  EXPECT_EQ(upsert("/services/data/v45.0/composite/sobjects/Contact/Elit_User__c", {contact("u1")}).status, 404);
  EXPECT_EQ(ask("POST", contacts, "{}").status, 405);
}

TEST_F(SalesforceTest, CreatesAndThenUpdatesTheRecordOfAnExternalId) {
  const json::value first = json::parse(upsert(contacts, {contact("u1"), contact("u2")}).body);
  const json::value second = json::parse(upsert(contacts, {contact("u2", "Mehta")}).body);
  EXPECT_TRUE(first.at_pointer("/1/created").as_bool());
  EXPECT_FALSE(second.at_pointer("/0/created").as_bool());
  EXPECT_EQ(first.at_pointer("/1/id"), second.at_pointer("/0/id"));
  ASSERT_EQ(salesforce_.records().size(), 2U);
  EXPECT_EQ(salesforce_.records()[1].key, "u2");
  EXPECT_EQ(salesforce_.records()[1].writes, 2);
  EXPECT_EQ(salesforce_.records()[1].properties.at("LastName").as_string(), "Mehta");
}

TEST_F(SalesforceTest, AnswersInTheOrderOfTheRequest) {
  const HttpResponse answer = upsert(contacts, {contact("u1"), contact("u2", " "), contact("u3")});
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(succeeded(answer, 0));
  EXPECT_EQ(code(answer, 1), "REQUIRED_FIELD_MISSING");
  EXPECT_TRUE(succeeded(answer, 2));
  EXPECT_EQ(salesforce_.records().size(), 2U);
}

TEST_F(SalesforceTest, TakesTwoHundredRecordsAndNoMore) {
  json::array records;
  for (int i = 0; i < 200; ++i) {
    records.push_back(contact("u" + std::to_string(i)));
  }
  EXPECT_EQ(upsert(contacts, records).status, 200);
  records.push_back(contact("u200"));
  EXPECT_EQ(upsert(contacts, records).status, 400);
  EXPECT_EQ(salesforce_.records().size(), 200U);
}

TEST_F(SalesforceTest, RefusesACallWithARecordThatItCannotRead) {
  const json::value no_type = {{"Elit_User__c", "u2"}, {"LastName", "Rao"}};
  const json::value with_id = {
      {"attributes", {{"type", "Contact"}}}, {"Id", "003"}, {"Elit_User__c", "u2"}, {"LastName", "Rao"}};
  const json::value with_number = {
      {"attributes", {{"type", "Contact"}}}, {"Elit_User__c", "u2"}, {"LastName", "Rao"}, {"Title", 5}};
  const json::value with_stranger = {
      {"attributes", {{"type", "Contact"}}}, {"Elit_User__c", "u2"}, {"LastName", "Rao"}, {"Nickname", "R"}};
  for (const json::value& bad : {no_type, with_id, with_number, with_stranger, transcript("k", "u1")}) {
    EXPECT_EQ(upsert(contacts, {contact("u1"), bad}).status, 400) << json::serialize(bad);
  }
  EXPECT_EQ(ask("PATCH", contacts, "{").status, 400);
  EXPECT_EQ(upsert(contacts, {}).status, 400);
  EXPECT_TRUE(salesforce_.records().empty());
  EXPECT_EQ(salesforce_.counts().invalid_requests, 7U);
}

TEST_F(SalesforceTest, AsksForTheLastNameOfNewContactsOnly) {
  const json::value nameless = {{"attributes", {{"type", "Contact"}}}, {"Elit_User__c", "u1"}, {"Phone", "+91"}};
  EXPECT_EQ(code(upsert(contacts, {nameless}), 0), "REQUIRED_FIELD_MISSING");
  EXPECT_TRUE(succeeded(upsert(contacts, {contact("u1")}), 0));
  EXPECT_TRUE(succeeded(upsert(contacts, {nameless}), 0));
}

TEST_F(SalesforceTest, RefusesTheSameExternalIdTwiceInOneCall) {
  const HttpResponse answer = upsert(contacts, {contact("u1"), contact("u2"), contact("u1", "Mehta")});
  EXPECT_EQ(code(answer, 0), "DUPLICATE_VALUE");
  EXPECT_TRUE(succeeded(answer, 1));
  EXPECT_EQ(code(answer, 2), "DUPLICATE_VALUE");
  EXPECT_EQ(salesforce_.counts().invalid_requests, 1U);
}

TEST_F(SalesforceTest, RollsEverythingBackWhenAllOrNoneIsAskedFor) {
  const HttpResponse answer = upsert(contacts, {contact("u1"), contact("u2", "")}, true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(code(answer, 0), "ALL_OR_NONE_OPERATION_ROLLED_BACK");
  EXPECT_EQ(code(answer, 1), "REQUIRED_FIELD_MISSING");
  EXPECT_TRUE(salesforce_.records().empty());
}

TEST_F(SalesforceTest, LinksToTheParentNamedByItsExternalId) {
  const std::string id = json::parse(upsert(contacts, {contact("u1")}).body).at_pointer("/0/id").as_string().c_str();
  EXPECT_TRUE(succeeded(upsert(transcripts, {transcript("k1", "u1")}), 0));
  ASSERT_EQ(salesforce_.records().size(), 2U);
  EXPECT_THAT(salesforce_.records()[1].linked, testing::ElementsAre(id));
  EXPECT_EQ(salesforce_.records()[1].properties.at("Contact__c").as_string(), json::string_view(id));
}

TEST_F(SalesforceTest, RefusesATranscriptWhoseParentIsNotThere) {
  const HttpResponse answer = upsert(transcripts, {transcript("k1", "u9")});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(code(answer, 0), "INVALID_FIELD");
  EXPECT_THAT(answer.body, HasSubstr("Foreign key external ID: u9 not found for field Elit_User__c"));
}

TEST_F(SalesforceTest, CountsLengthsInUtf16Units) {
  upsert(contacts, {contact("u1")});
  std::string emoji;
  for (int i = 0; i < 65'536; ++i) {
    emoji += "\xF0\x9F\x98\x80";
  }
  EXPECT_TRUE(succeeded(upsert(transcripts, {transcript("k1", "u1", emoji)}), 0));
  const HttpResponse answer = upsert(transcripts, {transcript("k2", "u1", emoji + "x")});
  EXPECT_EQ(code(answer, 0), "STRING_TOO_LONG");
  EXPECT_THAT(answer.body, HasSubstr("(max length=131072)"));
}

TEST_F(SalesforceTest, ReadsInstantsWithAnOffsetOnly) {
  upsert(contacts, {contact("u1")});
  json::value record = transcript("k1", "u1");
  record.as_object()["Started_At__c"] = "2026-01-31T09:15:02.345Z";
  EXPECT_EQ(upsert(transcripts, {record}).status, 200);
  record.as_object()["Started_At__c"] = "2026-01-31 09:15:02";
  EXPECT_EQ(upsert(transcripts, {record}).status, 400);
}

TEST_F(SalesforceTest, WritesTasksWithThePolymorphicParent) {
  upsert(contacts, {contact("u1")});
  const std::string tasks = "/services/data/v60.0/composite/sobjects/Task/Elit_Key__c";
  json::value task = {{"attributes", {{"type", "Task"}}},
                      {"Elit_Key__c", "k1"},
                      {"Subject", "WhatsApp"},
                      {"Who", {{"attributes", {{"type", "Contact"}}}, {"Elit_User__c", "u1"}}}};
  EXPECT_TRUE(succeeded(upsert(tasks, {task}), 0));
  EXPECT_EQ(salesforce_.records().back().linked.size(), 1U);
  task.as_object()["Who"] = {{"Elit_User__c", "u1"}};
  EXPECT_EQ(upsert(tasks, {task}).status, 400);
}

TEST_F(SalesforceTest, LocksTheRowThatASlowCommitWrites) {
  salesforce_.faults().slow_commit_s = 5;
  EXPECT_TRUE(succeeded(upsert(contacts, {contact("u1")}), 0));
  EXPECT_EQ(salesforce_.answer_delay(), Milliseconds{5000});
  elapsed_ = Milliseconds{4999};
  EXPECT_EQ(code(upsert(contacts, {contact("u1")}), 0), "UNABLE_TO_LOCK_ROW");
  EXPECT_TRUE(salesforce_.records().empty());
  elapsed_ = Milliseconds{5000};
  const HttpResponse again = upsert(contacts, {contact("u1")});
  EXPECT_FALSE(json::parse(again.body).at_pointer("/0/created").as_bool());
  EXPECT_EQ(salesforce_.records().size(), 1U);
}

TEST_F(SalesforceTest, RefusesTheRecordThatHoldsATextAndWritesItsNeighbours) {
  salesforce_.faults().refused_text = "bad";
  salesforce_.faults().locked_text = "busy";
  const HttpResponse answer =
      upsert(contacts, {contact("u1", "a bad one"), contact("u2", "a busy one"), contact("u3")});
  EXPECT_EQ(code(answer, 0), "FIELD_CUSTOM_VALIDATION_EXCEPTION");
  EXPECT_EQ(code(answer, 1), "UNABLE_TO_LOCK_ROW");
  EXPECT_TRUE(succeeded(answer, 2));
  EXPECT_EQ(salesforce_.records().size(), 1U);
}

TEST_F(SalesforceTest, LocksEveryRowWhenAskedTo) {
  salesforce_.faults().locked.on = true;
  EXPECT_EQ(code(upsert(contacts, {contact("u1")}), 0), "UNABLE_TO_LOCK_ROW");
}

TEST_F(SalesforceTest, LeavesResultsOutWhenAskedTo) {
  salesforce_.faults().unmentioned_every = 2;
  const HttpResponse answer = upsert(contacts, {contact("u1"), contact("u2"), contact("u3")});
  EXPECT_EQ(json::parse(answer.body).as_array().size(), 2U);
  EXPECT_EQ(salesforce_.records().size(), 3U);
}

TEST_F(SalesforceTest, SaysHowMuchOfTheDayIsUsed) {
  EXPECT_EQ(upsert(contacts, {contact("u1")}).header("Sforce-Limit-Info"), "api-usage=1/100000");
  EXPECT_EQ(upsert(contacts, {contact("u1")}).header("Sforce-Limit-Info"), "api-usage=2/100000");
}

TEST_F(SalesforceTest, Answers403WhenTheCallsOfTheDayAreUsedUp) {
  salesforce_.faults().quota_spent.on = true;
  const HttpResponse answer = upsert(contacts, {contact("u1")});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(json::parse(answer.body).at_pointer("/0/errorCode").as_string(), "REQUEST_LIMIT_EXCEEDED");
  EXPECT_EQ(answer.header("Sforce-Limit-Info"), "api-usage=100000/100000");
  EXPECT_TRUE(salesforce_.records().empty());
}

TEST_F(SalesforceTest, Answers403ToCallsThatComeTooFast) {
  salesforce_.faults().window_calls_max = 2;
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 200);
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 200);
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 403);
  elapsed_ = std::chrono::seconds{10};
  EXPECT_EQ(upsert(contacts, {contact("u1")}).status, 200);
}

TEST(SalesforceQuotaTest, BeginsAnewAfter24Hours) {
  SalesforceOptions options;
  options.calls_per_day = 1;
  Salesforce salesforce(options);
  salesforce.faults().token_life_s = 1'000'000;
  HttpRequest login;
  login.method = "POST";
  login.target = "/services/oauth2/token";
  login.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  login.body = "grant_type=client_credentials&client_id=sample-client&client_secret=sample-client-secret";
  CrmCall call;
  call.now = start;
  const json::value given = json::parse(salesforce.answer(login, call).body);
  HttpRequest request;
  request.target = "/services/data/v60.0/sobjects/Contact/describe";
  request.headers = {{"Authorization", "Bearer " + std::string(given.at("access_token").as_string())}};
  for (const auto& [hours, status] : {std::pair(0, 200), std::pair(23, 403), std::pair(24, 200), std::pair(25, 403)}) {
    call.now = start + std::chrono::hours{hours};
    call.elapsed = std::chrono::hours{hours};
    EXPECT_EQ(salesforce.answer(request, call).status, status) << hours;
  }
}

TEST_F(SalesforceTest, TellsAForbiddenApiFromAUsedUpOne) {
  salesforce_.faults().forbidden.on = true;
  const HttpResponse answer = upsert(contacts, {contact("u1")});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(json::parse(answer.body).at_pointer("/0/errorCode").as_string(), "API_DISABLED_FOR_ORG");
}

TEST_F(SalesforceTest, UpsertsOneRecordByItsAddress) {
  const std::string target = "/services/data/v60.0/sobjects/Contact/Elit_User__c/" + percent_encode("u/1");
  const HttpResponse created = ask("PATCH", target, R"({"LastName":"Rao"})");
  EXPECT_EQ(created.status, 201);
  EXPECT_TRUE(json::parse(created.body).at("created").as_bool());
  EXPECT_EQ(ask("PATCH", target, R"({"LastName":"Mehta"})").status, 200);
  ASSERT_EQ(salesforce_.records().size(), 1U);
  EXPECT_EQ(salesforce_.records()[0].key, "u/1");
  EXPECT_THAT(ask("PATCH", target, R"({"LastName":"Rao","Elit_User__c":"u/1"})").body, HasSubstr("INVALID_FIELD"));
  EXPECT_THAT(ask("PATCH", target, R"({"LastName":""})").body, HasSubstr("REQUIRED_FIELD_MISSING"));
}

TEST_F(SalesforceTest, FindsRecordsWithASimpleQuery) {
  upsert(contacts, {contact("u1"), contact("u2", "O'Neil"), contact("u3")});
  const auto ask_query = [this](const std::string& text) {
    return json::parse(ask("GET", "/services/data/v60.0/query?q=" + percent_encode(text)).body);
  };
  const json::value one = ask_query("SELECT Id, Elit_User__c FROM Contact WHERE LastName = 'O\\'Neil'");
  EXPECT_EQ(one.at("totalSize").as_int64(), 1);
  EXPECT_EQ(one.at_pointer("/records/0/Elit_User__c").as_string(), "u2");
  EXPECT_EQ(ask_query("select Id from Contact where Elit_User__c in ('u1','u3','u9')").at("totalSize").as_int64(), 2);
  EXPECT_EQ(ask_query("SELECT Id FROM Contact LIMIT 1").at("totalSize").as_int64(), 1);
  EXPECT_EQ(ask_query("SELECT FROM").at_pointer("/0/errorCode").as_string(), "MALFORMED_QUERY");
}

TEST_F(SalesforceTest, SpeaksOfTroublesInItsOwnShape) {
  for (const auto& [trouble, status] : {std::pair(Trouble::unauthorized, 401), std::pair(Trouble::throttled, 403),
                                        std::pair(Trouble::server_error, 500), std::pair(Trouble::down, 503)}) {
    const std::optional<HttpResponse> answer = salesforce_.refusal(trouble);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_TRUE(json::parse(answer->body).is_array());
  }
}

}  // namespace
}  // namespace elit::simulator
