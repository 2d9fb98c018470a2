#include "core/simulator/crms/zoho.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/simulator/crms/crm_calls.hpp"

namespace elit::simulator {
namespace {

using testing::HasSubstr;

constexpr const char* contacts = "/crm/v8/Contacts/upsert";
constexpr const char* transcripts = "/crm/v8/Conversations/upsert";

std::string data(const std::vector<std::string>& list, const std::string& field = "") {
  std::string text;
  for (const std::string& record : list) {
    text += (text.empty() ? "" : ",") + record;
  }
  return R"({"data":[)" + text + "]" + (field.empty() ? "" : R"(,"duplicate_check_fields":[")" + field + "\"]") + "}";
}

std::string contact(const std::string& user, const std::string& more = "") {
  return R"({"Elit_User":")" + user + R"(","Last_Name":"Rao")" + more + "}";
}

std::string transcript(const std::string& key, const std::string& contact_id, const std::string& text = "hi") {
  return R"({"Elit_Key":")" + key + R"(","Name":")" + key + R"(","Contact":{"id":")" + contact_id +
         R"("},"Transcript":")" + text + "\"}";
}

std::string note(const std::string& contact_id, const std::string& text) {
  return R"({"Note_Title":"t","Note_Content":")" + text + R"(","Parent_Id":{"id":")" + contact_id +
         R"(","module":{"api_name":"Contacts"}}})";
}

class ZohoTest : public testing::Test {
 protected:
  ZohoTest() {
    EXPECT_EQ(crm_.post_form("/oauth/v2/token", refresh_form()).status, 200);
    crm_.authorization = "Zoho-oauthtoken sample-access-token-1";
  }

  // Its id.
  std::string add_contact(const std::string& user) {
    const std::string id = at(crm_.post(contacts, data({contact(user)}, "Elit_User")), "/data/0/details/id");
    return id.substr(1, id.size() - 2);
  }

  VendorClient<Zoho> crm_;
  SimulatedCrmFaults& faults_ = crm_.vendor.faults();
};

TEST_F(ZohoTest, InsertsOnceAndUpdatesFromThen) {
  const HttpResponse first = crm_.post(contacts, data({contact("u1")}, "Elit_User"));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(at(first, "/data/0/action"), "\"insert\"");
  EXPECT_EQ(at(first, "/data/0/code"), "\"SUCCESS\"");
  EXPECT_EQ(at(first, "/data/0/duplicate_field"), "\"Elit_User\"");
  const HttpResponse second = crm_.post(contacts, data({contact("u1", R"(,"Phone":"+91")")}, "Elit_User"));
  EXPECT_EQ(at(second, "/data/0/action"), "\"update\"");
  EXPECT_EQ(at(second, "/data/0/details/id"), at(first, "/data/0/details/id"));
  ASSERT_EQ(crm_.vendor.records().size(), 1U);
  EXPECT_EQ(crm_.vendor.records()[0].key, "u1");
  EXPECT_EQ(crm_.vendor.records()[0].writes, 2);
}

TEST_F(ZohoTest, ChecksItsOwnFieldsFirstWhenNoneAreNamed) {
  const std::string email = R"(,"Email":"a@b.c")";
  EXPECT_EQ(at(crm_.post(contacts, data({contact("u1", email)})), "/data/0/duplicate_field"), "\"Email\"");
  EXPECT_EQ(at(crm_.post(contacts, data({contact("u2", email)})), "/data/0/action"), "\"update\"");
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(ZohoTest, RefusesDuplicateCheckFieldsThatAreNotUnique) {
  const HttpResponse answer = crm_.post(contacts, data({contact("u1")}, "Phone"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/code"), "\"INVALID_DATA\"");
  EXPECT_EQ(at(answer, "/details/json_path"), "\"$.duplicate_check_fields[0]\"");
  EXPECT_EQ(crm_.post(contacts, R"({"data":[{}],"duplicate_check_fields":"Elit_User"})").status, 400);
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 2U);
}

TEST_F(ZohoTest, TakesAHundredRecordsAndNotOneMore) {
  std::vector<std::string> list;
  for (int i = 0; i < 100; ++i) {
    list.push_back(contact("u" + std::to_string(i)));
  }
  EXPECT_EQ(crm_.post(contacts, data(list, "Elit_User")).status, 200);
  list.push_back(contact("u100"));
  const HttpResponse answer = crm_.post(contacts, data(list, "Elit_User"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/details/maximum_length"), "100");
  EXPECT_EQ(crm_.post(contacts, data({})).status, 400);
  EXPECT_EQ(crm_.post(contacts, R"({"data":{}})").status, 400);
}

TEST_F(ZohoTest, WritesTheGoodRecordsAndNamesTheBadOnesInTheirPlaces) {
  const HttpResponse answer = crm_.post(contacts, data({R"({"Elit_User":"u1"})", contact("u2")}, "Elit_User"));
  EXPECT_EQ(answer.status, 207);
  EXPECT_EQ(at(answer, "/data/0/code"), "\"MANDATORY_NOT_FOUND\"");
  EXPECT_EQ(at(answer, "/data/0/details/api_name"), "\"Last_Name\"");
  EXPECT_EQ(at(answer, "/data/1/status"), "\"success\"");
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(ZohoTest, Answers400WhenAllRecordsAreRefused) {
  const HttpResponse answer = crm_.post(contacts, data({R"({"Elit_User":"u1"})"}, "Elit_User"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/data/0/status"), "\"error\"");
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 0U);
}

TEST_F(ZohoTest, NeedsNoMandatoryFieldInAnUpdate) {
  add_contact("u1");
  EXPECT_EQ(crm_.post(contacts, data({R"({"Elit_User":"u1"})"}, "Elit_User")).status, 200);
}

TEST_F(ZohoTest, SaysHowLongATextMayBe) {
  faults_.text_length_max = 4;
  const std::string id = add_contact("u1");
  EXPECT_EQ(crm_.post(transcripts, data({transcript("k1", id, "😀😀")}, "Elit_Key")).status, 200);
  const HttpResponse answer = crm_.post(transcripts, data({transcript("k1", id, "😀😀a")}, "Elit_Key"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/data/0/code"), "\"INVALID_DATA\"");
  EXPECT_EQ(at(answer, "/data/0/details/maximum_length"), "4");
  EXPECT_EQ(at(answer, "/data/0/details/api_name"), "\"Transcript\"");
  faults_.text_length_max = 0;
  EXPECT_EQ(crm_.post(transcripts, data({transcript("k1", id, std::string(32'000, 'a'))}, "Elit_Key")).status, 200);
  EXPECT_EQ(crm_.post(transcripts, data({transcript("k1", id, std::string(32'001, 'a'))}, "Elit_Key")).status, 400);
}

TEST_F(ZohoTest, RefusesNumbersInTextFieldsAndAddressesWithoutAnAt) {
  const HttpResponse number = crm_.post(contacts, data({contact("u1", R"(,"Phone":91)")}, "Elit_User"));
  EXPECT_EQ(at(number, "/data/0/details/expected_data_type"), "\"text\"");
  const HttpResponse email = crm_.post(contacts, data({contact("u1", R"(,"Email":"a")")}, "Elit_User"));
  EXPECT_EQ(at(email, "/data/0/details/expected_data_type"), "\"email\"");
  EXPECT_EQ(crm_.post(contacts, data({"5"}, "Elit_User")).status, 400);
}

TEST_F(ZohoTest, LinksARecordByItsLookupField) {
  const std::string id = add_contact("u1");
  EXPECT_EQ(crm_.post(transcripts, data({transcript("k1", id)}, "Elit_Key")).status, 200);
  EXPECT_EQ(crm_.vendor.records()[1].object, "Conversations");
  EXPECT_EQ(crm_.vendor.records()[1].linked, std::set<std::string>{id});
  const HttpResponse nobody = crm_.post(transcripts, data({transcript("k2", "77")}, "Elit_Key"));
  EXPECT_EQ(nobody.status, 400);
  EXPECT_EQ(at(nobody, "/data/0/details/json_path"), "\"$.data[0].Contact.id\"");
}

TEST_F(ZohoTest, DoesNotUpsertNotes) {
  EXPECT_EQ(at(crm_.post("/crm/v8/Notes/upsert", data({"{}"})), "/code"), "\"INVALID_MODULE\"");
}

TEST_F(ZohoTest, WritesANoteAnewEachTimeAndListsThoseOfARecord) {
  const std::string id = add_contact("u1");
  const std::string list = "/crm/v8/Contacts/" + id + "/Notes?fields=Note_Content";
  EXPECT_EQ(crm_.send("GET", list).status, 204);
  EXPECT_EQ(crm_.post("/crm/v8/Notes", data({note(id, "one")})).status, 201);
  EXPECT_EQ(crm_.post("/crm/v8/Notes", data({note(id, "one"), note("77", "two")})).status, 207);
  const HttpResponse notes = crm_.send("GET", list);
  EXPECT_EQ(notes.status, 200);
  EXPECT_EQ(at(notes, "/data/1/Note_Content"), "\"one\"");
  EXPECT_EQ(at(notes, "/data/1/Note_Title"), "absent");
  EXPECT_EQ(at(notes, "/info/count"), "2");
  EXPECT_EQ(at(crm_.send("GET", list + "&per_page=1"), "/info/more_records"), "true");
  EXPECT_EQ(at(crm_.send("GET", list + "&per_page=1&page=2"), "/info/more_records"), "false");
  EXPECT_EQ(crm_.send("GET", list + "&per_page=1&page=3").status, 204);
}

TEST_F(ZohoTest, ListsNotesOnlyWithTheNamesOfTheirFields) {
  const std::string id = add_contact("u1");
  EXPECT_EQ(at(crm_.send("GET", "/crm/v8/Contacts/" + id + "/Notes"), "/code"), "\"REQUIRED_PARAM_MISSING\"");
}

TEST_F(ZohoTest, ChangesANoteByItsId) {
  const std::string id = add_contact("u1");
  const std::string note_id = at(crm_.post("/crm/v8/Notes", data({note(id, "one")})), "/data/0/details/id");
  EXPECT_EQ(crm_.send("PUT", "/crm/v8/Notes", data({R"({"id":)" + note_id + R"(,"Note_Content":"two"})"})).status, 200);
  EXPECT_EQ(crm_.vendor.records()[1].properties.at("Note_Content"), "two");
  EXPECT_EQ(crm_.send("PUT", "/crm/v8/Notes", data({R"({"id":"9","Note_Content":"two"})"})).status, 400);
  EXPECT_EQ(at(crm_.post("/crm/v8/Notes", data({R"({"Note_Title":null})"})), "/data/0/code"),
            "\"EXPECTED_FIELD_MISSING\"");
}

TEST_F(ZohoTest, FindsWhatContainsAValueAndAnswers204ForNothing) {
  add_contact("u1");
  add_contact("u12");
  const HttpResponse both = crm_.send("GET", "/crm/v8/Contacts/search?criteria=(Elit_User:equals:u1)");
  EXPECT_EQ(both.status, 200);
  EXPECT_EQ(at(both, "/info/count"), "2");
  EXPECT_EQ(crm_.send("GET", "/crm/v8/Contacts/search?criteria=(Elit_User:equals:u3)").status, 204);
  EXPECT_EQ(
      at(crm_.send("GET", "/crm/v8/Contacts/search?criteria=((Elit_User:starts_with:u12)and(Last_Name:equals:R))"),
         "/data/0/Elit_User"),
      "\"u12\"");
  EXPECT_EQ(at(crm_.send("GET", "/crm/v8/Contacts/search?criteria=((Elit_User:equals:x)or(Last_Name:equals:Rao))"),
               "/info/count"),
            "2");
}

TEST_F(ZohoTest, UnderstandsEscapedParenthesesInASearchAndRefusesNonsense) {
  EXPECT_EQ(crm_.post(contacts, data({contact("u(1)")}, "Elit_User")).status, 200);
  EXPECT_EQ(crm_.send("GET", R"(/crm/v8/Contacts/search?criteria=(Elit_User:equals:u%5C(1%5C)))").status, 200);
  EXPECT_EQ(crm_.send("GET", "/crm/v8/Contacts/search?criteria=(Elit_User:like:u)").status, 400);
  EXPECT_EQ(crm_.send("GET", "/crm/v8/Contacts/search?criteria=Elit_User").status, 400);
  EXPECT_EQ(crm_.send("GET", "/crm/v8/Contacts/search").status, 400);
}

TEST_F(ZohoTest, GivesATokenOfAnHourThatSaysWhereTheApiIs) {
  const HttpResponse token = crm_.send("POST", "/oauth/v2/token?" + refresh_form());
  EXPECT_EQ(at(token, "/expires_in"), "3600");
  EXPECT_EQ(at(token, "/api_domain"), "\"http://crm.test/crm/zoho\"");
  EXPECT_EQ(at(token, "/refresh_token"), "absent");
  faults_.rotate_refresh_tokens = true;
  EXPECT_EQ(at(crm_.post_form("/oauth/v2/token", refresh_form()), "/refresh_token"), "\"sample-refresh-token-2\"");
}

TEST_F(ZohoTest, RefusesAWrongClientOrRefreshTokenWithStatus200) {
  const HttpResponse answer = crm_.post_form("/oauth/v2/token", refresh_form("other"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer, "/error"), "\"invalid_code\"");
  EXPECT_EQ(at(crm_.post_form("/oauth/v2/token", "grant_type=refresh_token&client_id=x"), "/error"),
            "\"invalid_client\"");
  EXPECT_EQ(crm_.vendor.counts().tokens_given, 1U);
}

TEST_F(ZohoTest, ThrottlesItsTokenEndpointWithStatus400) {
  faults_.token_throttled = *parse_toggle("0..60");
  const HttpResponse answer = crm_.post_form("/oauth/v2/token", refresh_form());
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "/error"), "\"Access Denied\"");
  EXPECT_THAT(answer.body, HasSubstr("too many requests continuously"));
  crm_.elapsed = std::chrono::seconds{60};
  EXPECT_EQ(crm_.post_form("/oauth/v2/token", refresh_form()).status, 200);
}

TEST_F(ZohoTest, TakesATokenWithEitherPrefixAndNoOther) {
  const std::string target = "/crm/v8/Contacts/search?criteria=(Elit_User:equals:u1)";
  EXPECT_EQ(crm_.get_as("Bearer sample-access-token-1", target).status, 204);
  EXPECT_EQ(crm_.get_as("sample-access-token-1", target).status, 401);
  EXPECT_EQ(crm_.get_as("", target).status, 401);
  crm_.elapsed = std::chrono::hours{1};
  EXPECT_EQ(at(crm_.send("GET", target), "/code"), "\"INVALID_TOKEN\"");
}

TEST_F(ZohoTest, LeavesResultsOutAndTellsOfErrorsWithStatus200WhenSetSo) {
  faults_.unmentioned_every = 2;
  const HttpResponse answer = crm_.post(contacts, data({contact("u1"), contact("u2")}, "Elit_User"));
  EXPECT_EQ(at(answer, "/data/1"), "absent");
  EXPECT_EQ(crm_.vendor.records().size(), 2U);
  faults_ = {};
  faults_.errors_with_200 = true;
  faults_.refused_text = "bad";
  EXPECT_EQ(crm_.post(contacts, data({contact("bad"), contact("u2")}, "Elit_User")).status, 200);
}

TEST_F(ZohoTest, SaysInItsOwnWayWhatIsLockedSpentOrForbidden) {
  faults_.locked_text = "u1";
  EXPECT_EQ(at(crm_.post(contacts, data({contact("u1"), contact("u2")}, "Elit_User")), "/data/0/code"),
            "\"RECORD_LOCKED\"");
  faults_.quota_spent.on = true;
  EXPECT_EQ(crm_.post(contacts, data({contact("u3")})).status, 429);
  faults_.quota_spent.on = false;
  faults_.forbidden.on = true;
  EXPECT_EQ(at(crm_.post(contacts, data({contact("u3")})), "/code"), "\"NO_PERMISSION\"");
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(ZohoTest, LetsASlowWriteTakeEffectLaterAndASecondAttemptNotSeeIt) {
  faults_.slow_commit_s = 30;
  const HttpResponse first = crm_.post(contacts, data({contact("u1")}, "Elit_User"));
  crm_.elapsed = std::chrono::seconds{10};
  const HttpResponse second = crm_.post(contacts, data({contact("u1")}, "Elit_User"));
  EXPECT_EQ(at(second, "/data/0/action"), "\"insert\"");
  EXPECT_EQ(at(second, "/data/0/details/id"), at(first, "/data/0/details/id"));
  EXPECT_TRUE(crm_.vendor.records().empty());
  crm_.vendor.settle(from_ms(1'769'850'000'000) + std::chrono::seconds{40}, std::chrono::seconds{40});
  EXPECT_EQ(crm_.vendor.records().size(), 1U);
}

TEST_F(ZohoTest, AnswersOtherAddressesModulesAndMethodsWithTheirCodes) {
  EXPECT_EQ(crm_.send("GET", "/crm/v2/Contacts/upsert").status, 404);
  EXPECT_EQ(at(crm_.post("/crm/v8/Users/upsert", data({"{}"})), "/code"), "\"INVALID_MODULE\"");
  EXPECT_EQ(at(crm_.send("GET", contacts), "/code"), "\"INVALID_REQUEST_METHOD\"");
  EXPECT_EQ(crm_.send("DELETE", "/crm/v8/Notes").status, 400);
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 4U);
  EXPECT_EQ(crm_.post(contacts, data({contact("u1")})).status, 200);
  EXPECT_EQ(crm_.vendor.counts().invalid_requests, 4U);
  EXPECT_EQ(crm_.vendor.refusal(Trouble::unauthorized)->status, 401);
  EXPECT_EQ(crm_.vendor.refusal(Trouble::server_error)->status, 500);
}

}  // namespace
}  // namespace elit::simulator
