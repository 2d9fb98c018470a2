#include <gtest/gtest.h>

#include "core/elitbuzz/protocol.hpp"

namespace elit::elitbuzz {
namespace {

Failure failure(int status, std::string body = "", std::vector<HttpHeader> headers = {}) {
  HttpResponse answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  return failure_of(answer, std::nullopt);
}

TEST(FailureTest, HasNoStatusWithoutAnAnswer) {
  EXPECT_EQ(Failure{}.status, 0);
}

TEST(FailureTest, HasOneKindForEachStatus) {
  EXPECT_EQ(failure(401).kind, FailureKind::unauthorized);
  EXPECT_EQ(failure(403).kind, FailureKind::unauthorized);
  EXPECT_EQ(failure(403, "Rate limit exceeded").kind, FailureKind::throttled);
  EXPECT_EQ(failure(403, R"({"message":"TOO MANY requests"})").kind, FailureKind::throttled);
  EXPECT_EQ(failure(404).kind, FailureKind::rejected);
  EXPECT_EQ(failure(408).kind, FailureKind::transient);
  EXPECT_EQ(failure(425).kind, FailureKind::transient);
  EXPECT_EQ(failure(429).kind, FailureKind::throttled);
  EXPECT_EQ(failure(500).kind, FailureKind::transient);
  EXPECT_EQ(failure(502, "<html>").kind, FailureKind::transient);
  EXPECT_EQ(failure(503).kind, FailureKind::transient) << "an outage, no wish for fewer requests";
  EXPECT_EQ(failure(503, "Rate limit exceeded").kind, FailureKind::throttled);
  EXPECT_EQ(failure(504).kind, FailureKind::transient);
  EXPECT_EQ(failure(400).kind, FailureKind::rejected);
  EXPECT_EQ(failure(418).kind, FailureKind::rejected);
  EXPECT_EQ(failure(302).kind, FailureKind::malformed);
  EXPECT_EQ(failure(206, "[]").kind, FailureKind::malformed);
}

TEST(FailureTest, LooksForPhrasesInTheFirstPartOfALongAnswer) {
  const std::string phrase = "quota";
  const std::size_t searched = 64 * 1024;
  EXPECT_EQ(failure(403, std::string(searched - phrase.size(), ' ') + phrase).kind, FailureKind::throttled);
  EXPECT_EQ(failure(403, std::string(searched - phrase.size() + 1, ' ') + phrase).kind, FailureKind::unauthorized);
}

TEST(FailureTest, ReadsTheVendorsCodeUnderEveryKey) {
  for (const std::string body :
       {R"({"code":1003})", R"({"errorCode":"1003"})", R"({"error_code":1003.0})", R"({"status":{"code":"1003"}})",
        R"({"error":{"code":1003}})", R"({"responseObject":{"errors":[{"code":"1003"}]}})",
        R"({"message":"INVALID_INPUT_DATE_VALUE"})", "oops INVALID_INPUT_DATE_VALUE at line 3",
        "\"INVALID_INPUT_DATE_VALUE", "\xFF INVALID_INPUT_DATE_VALUE"}) {
    EXPECT_EQ(failure(400, body).kind, FailureKind::malformed) << body;
  }
  EXPECT_EQ(failure(400, R"({"code":1002})").kind, FailureKind::rejected);
  EXPECT_EQ(failure(400, R"({"code":1004})").kind, FailureKind::malformed);
}

TEST(FailureTest, PrefersTheNameToTheNumber) {
  EXPECT_EQ(failure(400, R"({"code":1004,"message":"INVALID_BOT_OR_CUSTOMER_ID"})").kind, FailureKind::rejected);
}

TEST(FailureTest, TellsWhatHappenedAndWhatToDo) {
  EXPECT_EQ(
      failure(400, R"({"code":1002,"message":"INVALID_BOT_OR_CUSTOMER_ID"})").detail,
      "HTTP 400, vendor code 1002 INVALID_BOT_OR_CUSTOMER_ID: the API does not know the bot, the customer or the user; "
      "check customer_id and bot_key");
  EXPECT_NE(failure(401).detail.find("check api_key and base_url"), std::string::npos);
  EXPECT_NE(failure(404).detail.find("path templates"), std::string::npos);
  EXPECT_NE(failure(302).detail.find("redirects"), std::string::npos);
  EXPECT_EQ(failure(401).status, 401);
}

TEST(FailureTest, NeverQuotesTheBody) {
  for (const int status : {200, 302, 400, 401, 403, 404, 429, 500}) {
    const Failure told = failure(status, R"({"code":"CANARY","message":"CANARY","error":"CANARY"})");
    EXPECT_EQ(told.detail.find("CANARY"), std::string::npos) << told.detail;
  }
}

TEST(FailureTest, ObeysRetryAfter) {
  EXPECT_EQ(failure(429, "", {{"retry-after", "7"}}).retry_after, Milliseconds{7'000});
  EXPECT_EQ(failure(503, "", {{"Retry-After", "999999"}}).retry_after, Milliseconds{86'400'000});
  EXPECT_FALSE(failure(503, "", {{"Retry-After", "soon"}}).retry_after);
  EXPECT_FALSE(failure(503).retry_after);
}

TEST(FailureTest, MeasuresARetryAfterDateByTheGivenClockOrTheAnswersOwn) {
  HttpResponse answer;
  answer.status = 503;
  answer.headers = {{"Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"}};
  EXPECT_FALSE(failure_of(answer, std::nullopt).retry_after);
  EXPECT_EQ(failure_of(answer, from_ms(784'111'777'000)).retry_after, Milliseconds{30'000});
  answer.headers.push_back({"Date", "Sun, 06 Nov 1994 08:49:57 GMT"});
  EXPECT_EQ(failure_of(answer, std::nullopt).retry_after, Milliseconds{10'000});
}

}  // namespace
}  // namespace elit::elitbuzz
