#include <gtest/gtest.h>

#include "core/elitbuzz/protocol.hpp"
#include "tests/support/source_options.hpp"

namespace elit::elitbuzz {
namespace {

Result<UsersAnswer> read(std::string body, const DialectOptions& dialect = {}) {
  SourceOptions source = support_source();
  source.api = dialect;
  HttpResponse answer;
  answer.status = 200;
  answer.body = std::move(body);
  return read_users(source, answer);
}

std::string ids(const Result<UsersAnswer>& answer) {
  if (!answer) {
    return std::string("failed: ") + to_string(answer.error().kind);
  }
  std::string text;
  for (const ListedUser& user : answer->users) {
    text += (text.empty() ? "" : " ") + user.user_id;
  }
  return text + " -" + std::to_string(answer->rejected);
}

TEST(UsersAnswerTest, FindsTheListInEveryKnownShape) {
  for (const std::string body :
       {R"(["91","92"])", R"({"users":["91","92"]})", R"({"responseObject":["91","92"]})",
        R"({"responseObject":{"users":["91","92"]},"status":{"code":1000}})", R"({"data":["91","92"]})",
        R"({"data":{"content":["91","92"]}})", R"({"content":["91","92"]})", R"({"result":["91","92"]})",
        R"({"results":["91","92"]})", R"({"result":{"data":{"users":["91","92"]}}})", R"({"channelUsers":["91","92"]})",
        "\xEF\xBB\xBF [ \"91\", \"92\" ] \n", R"({"users":[],"data":["91","92"]})",
        R"({"users":null,"data":["91","92"]})"}) {
    EXPECT_EQ(ids(read(body)), "91 92 -0") << body;
  }
}

TEST(UsersAnswerTest, FindsTheIdUnderEveryKnownName) {
  for (const std::string key : {"channelUserId", "channel_user_id", "userId", "user_id", "user.channel_user_id", "id",
                                "phoneNumber", "phone_number", "user.phone_no"}) {
    EXPECT_EQ(ids(read("[{\"name\":\"x\",\"" + key + "\":\"91\"}]")), "91 -0") << key;
  }
  EXPECT_EQ(ids(read(R"([{"user":{"channel_user_id":"91"}}])")), "91 -0");
  EXPECT_EQ(ids(read(R"([{"id":"x","userId":null,"user_id":"","channelUserId":"91"}])")), "91 -0");
}

TEST(UsersAnswerTest, TakesNumbersAsIdsWithoutLoss) {
  EXPECT_EQ(ids(read("[919812345678, 9.19812345678e11, 123456789012345678901, {\"id\": 12.0}]")),
            "919812345678 123456789012345678901 12 -0");
}

TEST(UsersAnswerTest, TrimsIdsAndNamesEachOnce) {
  const Result<UsersAnswer> answer = read(R"([" 91 ","92",{"id":"91","n":2},"\u0039\u0032"])");
  EXPECT_EQ(ids(answer), "91 92 -0");
  EXPECT_EQ(answer->users[0].element, "\" 91 \"");
}

TEST(UsersAnswerTest, KeepsTheElementAsSent) {
  const Result<UsersAnswer> answer = read(R"({"users":[ {"id": 91, "score": 1.50, "n":12345678901234567890} ]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->users[0].element, R"({"id": 91, "score": 1.50, "n":12345678901234567890})");
}

TEST(UsersAnswerTest, CountsElementsWithoutAnIdAndKeepsTheirNeighbours) {
  EXPECT_EQ(ids(read(R"([null,"",{"name":"x"},[1],true,{"id":{}},{"id": 01},"91","\x"])")), "91 -8");
  EXPECT_EQ(ids(read("[\"a\xFF\", \"92\"]")), "a\xEF\xBF\xBD 92 -0");
}

TEST(UsersAnswerTest, OnlyARecognisedEmptyListIsEmpty) {
  for (const std::string body :
       {"[]", "{\"users\":[]}", "{\"responseObject\":{\"users\":[]}}", "{\"users\":[],\"data\":null}"}) {
    EXPECT_EQ(ids(read(body)), " -0") << body;
  }
  HttpResponse answer;
  answer.status = 204;
  EXPECT_EQ(ids(read_users(SourceOptions{}, answer)), " -0");
}

TEST(UsersAnswerTest, AnUnknownShapeIsNeverAnEmptyList) {
  for (const std::string body : {"",
                                 " ",
                                 "{}",
                                 "null",
                                 "true",
                                 "0",
                                 "\"\"",
                                 "\"users\"",
                                 "{\"responseObject\": true}",
                                 "{\"users\":null}",
                                 "{\"users\":{}}",
                                 "{\"users\":null,\"data\":[]}",
                                 "{\"data\":{\"content\":null}}",
                                 "[null]",
                                 "[[]]",
                                 "[{}]",
                                 "[{\"name\":\"x\"}]",
                                 "<html><body>Maintenance</body></html>",
                                 "[",
                                 "[\"91\"",
                                 "{\"users\":[\"91\"]",
                                 "[]x",
                                 "[][]",
                                 "{\"people\":[]}"}) {
    EXPECT_EQ(ids(read(body)), "failed: malformed") << body;
  }
  EXPECT_EQ(ids(read(std::string(100'000, '['))), "failed: malformed");
}

TEST(UsersAnswerTest, FollowsTheConfiguredPointersAlone) {
  DialectOptions dialect;
  dialect.users_list = "/payload/people";
  dialect.user_id = "/contact/0/wa";
  EXPECT_EQ(ids(read(R"({"users":["1"],"payload":{"people":[{"id":"2","contact":[{"wa":91}]},{"id":"3"}]}})", dialect)),
            "91 -1");
  EXPECT_EQ(ids(read(R"({"users":["1"]})", dialect)), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"payload":{"people":{}}})", dialect)), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"payload":{"people":["91"]}})", dialect)), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"payload":{"people":[]}})", dialect)), " -0");
}

TEST(UsersAnswerTest, SaysWhatItSawWithoutSayingWhatWasInIt) {
  const Result<UsersAnswer> answer = read(R"({"responseObject": true, "919812345678": "a secret word", "n": 4711})");
  ASSERT_FALSE(answer);
  const std::string& detail = answer.error().detail;
  EXPECT_NE(detail.find("object with keys responseObject(boolean), …(string), n(number)"), std::string::npos) << detail;
  EXPECT_NE(detail.find("users_list"), std::string::npos) << detail;
  for (const char* hidden : {"secret", "9198", "4711"}) {
    EXPECT_EQ(detail.find(hidden), std::string::npos) << detail;
  }
}

TEST(UsersAnswerTest, AFailureInsideASuccessIsAFailure) {
  EXPECT_EQ(ids(read(R"({"status":{"code":2000,"desc":"FAILURE"},"responseObject":[]})")), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"status":{"code":"1002"},"users":[]})")), "failed: rejected");
  EXPECT_EQ(ids(read(R"({"status":{"code":"1000"},"users":["91"]})")), "91 -0");
  EXPECT_EQ(ids(read(R"({"status":500,"error":"Internal Server Error","users":[]})")), "failed: transient");
  EXPECT_EQ(ids(read(R"({"error":"boom","users":[]})")), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"error":null,"users":["91"]})")), "91 -0");
  EXPECT_EQ(ids(read(R"({"type":"about:blank","title":"x","users":[]})")), "failed: malformed");
  EXPECT_EQ(ids(read(R"({"code":1002,"message":"INVALID_BOT_OR_CUSTOMER_ID"})")), "failed: rejected");
}

TEST(UsersAnswerTest, ReadsAMillionUsersWithoutATree) {
  std::string body = "{\"users\":[";
  for (int i = 0; i < 1'000'000; ++i) {
    body += (i == 0 ? "" : ",") + std::to_string(919'800'000'000 + i);
  }
  body += "]}";
  const Result<UsersAnswer> answer = read(std::move(body));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->users.size(), 1'000'000U);
  EXPECT_EQ(answer->users.back().user_id, "919800999999");
}

}  // namespace
}  // namespace elit::elitbuzz
