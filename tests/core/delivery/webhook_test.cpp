#include "core/delivery/webhook.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <chrono>

#include "tests/support/request_headers.hpp"

namespace elit::crm {
namespace {

using std::chrono::seconds;

constexpr Instant now = from_ms(1'769'850'902'345);  // 2026-01-31T09:15:02.345Z

OutgoingMessage message(char name) {
  OutgoingMessage made;
  made.key = std::string(32, name);
  made.source = "support";
  made.user_id = "919812345678";
  made.instant = now;
  made.direction = Direction::out;
  made.sender = "bot";
  made.type = "TEXT";
  made.text = "Your order has shipped";
  made.raw = R"({"sender": "bot"})";
  made.user_element = R"({"name": "A"})";
  return made;
}

std::string body_of(const OutgoingMessage& one) {
  return webhook_request("/", {}, {one}).body;
}

DeliveryAnswer answered(int status, std::string body, std::vector<HttpHeader> headers = {}) {
  const std::vector<OutgoingMessage> messages{message('a'), message('b')};
  return read_answer({.status = status, .headers = std::move(headers), .body = std::move(body)}, messages, now);
}

TEST(WebhookTest, WritesTheBodyAsPromised) {
  EXPECT_EQ(body_of(message('0')),
            R"({"messages":[{"key":"00000000000000000000000000000000","source":"support","user_id":"919812345678",)"
            R"("timestamp":"2026-01-31T09:15:02.345Z","direction":"out","sender":"bot","type":"TEXT",)"
            R"("text":"Your order has shipped","media":null,"user":{"name": "A"},"raw":{"sender": "bot"}}]})");
}

TEST(WebhookTest, WritesMediaAndUnknownTimes) {
  OutgoingMessage one = message('0');
  one.instant.reset();
  one.media = Media{"https://m.example/a?sig=\"x", "image/png"};
  const std::string body = body_of(one);
  EXPECT_NE(body.find(R"("timestamp":null,)"), std::string::npos);
  EXPECT_NE(body.find(R"("media":{"url":"https://m.example/a?sig=\"x","type":"image/png"},)"), std::string::npos);
}

TEST(WebhookTest, IsValidJsonWhateverTheRowHolds) {
  for (const std::string raw : {"", "{", "{\"a\":\"\\ud800\"}", "{\"a\":\n1}", "\"\xff\"", "nan", "[1,]"}) {
    OutgoingMessage one = message('0');
    one.raw = raw;
    one.user_element = raw;
    one.text = std::string("a\0b\xff\n\"", 6);
    const std::string body = body_of(one);
    boost::system::error_code error;
    const auto parsed = boost::json::parse(body, error);
    EXPECT_FALSE(error) << raw << ": " << body;
    EXPECT_EQ(body.find('\n'), std::string::npos);
  }
}

TEST(WebhookTest, EmbedsRowsOfAnyKind) {
  for (const std::string raw : {"[1,2]", "null", "\"text\"", "17", "{\"a\":{\"b\":[]}}"}) {
    OutgoingMessage one = message('0');
    one.raw = raw;
    EXPECT_NE(body_of(one).find("\"raw\":" + raw + "}"), std::string::npos);
  }
}

TEST(WebhookTest, SendsPostWithTheConfiguredHeaders) {
  const HttpRequest request = webhook_request("/hook?a=1", {{"Authorization", "Bearer t"}}, {message('a')});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?a=1");
  EXPECT_EQ(header_of(request, "Authorization"), "Bearer t");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
  const HttpRequest own = webhook_request("/", {{"content-type", "x/y"}, {"idempotency-key", "1"}}, {message('a')});
  EXPECT_EQ(header_of(own, "content-type"), "x/y");
  EXPECT_EQ(header_of(own, "Content-Type"), "absent");
  EXPECT_EQ(header_of(own, "idempotency-key"), "absent");
}

TEST(WebhookTest, NamesASetOfMessagesByItsKeysAlone) {
  OutgoingMessage edited = message('a');
  edited.text = "another";
  const std::string key = idempotency_key({message('a'), message('b')});
  // SHA-256 of both keys, each with a line break behind it.
  EXPECT_EQ(key, "55a54c564fa782fd3df222c2cb681348f9df435c521712ed8ae74a9a35d1d6d9");
  EXPECT_EQ(key, idempotency_key({message('b'), edited}));
  EXPECT_NE(key, idempotency_key({message('a')}));
  EXPECT_NE(key, idempotency_key({message('a'), message('c')}));
}

TEST(WebhookAnswerTest, MeansAllAcceptedWithoutResults) {
  for (const std::string body : {"", "OK", "<html>", "{}", "[]", "null", "{\"results\":null}", "{\"data\":[1]}"}) {
    const DeliveryAnswer answer = answered(200, body);
    ASSERT_EQ(answer.whole, std::nullopt) << body;
    ASSERT_EQ(answer.messages.size(), 2U);
    EXPECT_EQ(answer.messages[0].verdict, Verdict::delivered);
    EXPECT_EQ(answer.messages[1].verdict, Verdict::delivered);
  }
}

struct ResultCase {
  std::string rest;  // of the result's object, after its key
  Verdict verdict;
  std::string remote_id;
};

TEST(WebhookAnswerTest, GivesEachMessageItsOwnOutcome) {
  const std::vector<ResultCase> cases{
      {R"("status":"ok","id":"x-1")", Verdict::delivered, "x-1"},
      {R"("status":"ok","id":17)", Verdict::delivered, "17"},
      {R"("status":"ok","id":null)", Verdict::delivered, ""},
      {R"("status":"error","retryable":true,"error":"busy")", Verdict::retry, ""},
      {R"("status":"error","retryable":false,"error":"no")", Verdict::rejected, ""},
      {R"("status":"error","error":"no")", Verdict::rejected, ""},
      {R"("status":"OK?")", Verdict::retry, ""},
      {R"("status":true)", Verdict::retry, ""},
      {R"("id":"1")", Verdict::retry, ""},
  };
  for (const auto& one : cases) {
    const DeliveryAnswer answer =
        answered(207, R"({"results":[17,{"key":"strange"},{"key":")" + std::string(32, 'b') + "\"," + one.rest + "}]}");
    ASSERT_EQ(answer.messages.size(), 2U);
    EXPECT_EQ(answer.messages[0].verdict, Verdict::unmentioned) << one.rest;
    EXPECT_EQ(answer.messages[1].verdict, one.verdict) << one.rest;
    EXPECT_EQ(answer.messages[1].remote_id, one.remote_id) << one.rest;
    EXPECT_EQ(answer.messages[1].error.empty(), one.verdict == Verdict::delivered);
  }
}

TEST(WebhookAnswerTest, NamesNobodyInAnEmptyListOfResults) {
  const DeliveryAnswer answer = answered(200, R"({"results":[]})");
  EXPECT_EQ(answer.messages[0].verdict, Verdict::unmentioned);
  EXPECT_EQ(answer.messages[1].verdict, Verdict::unmentioned);
}

TEST(WebhookAnswerTest, DoesNotTakeDamagedResultsForSuccess) {
  const DeliveryAnswer answer = answered(200, R"({"results":[{"key":"aa)");
  EXPECT_EQ(answer.whole, Verdict::unknown);
}

TEST(WebhookAnswerTest, BelievesTheWorseOfTwoOutcomesForOneKey) {
  const std::string key = "{\"key\":\"" + std::string(32, 'a') + "\",\"status\":";
  const DeliveryAnswer one = answered(200, "{\"results\":[" + key + "\"ok\"}," + key + "\"error\"}]}");
  const DeliveryAnswer other = answered(200, "{\"results\":[" + key + "\"error\"}," + key + "\"ok\"}]}");
  EXPECT_EQ(one.messages[0].verdict, Verdict::rejected);
  EXPECT_EQ(other.messages[0].verdict, Verdict::rejected);
}

TEST(WebhookAnswerTest, ReadsEveryStatus) {
  const std::vector<std::pair<int, std::optional<Verdict>>> cases{
      {201, std::nullopt},
      {204, std::nullopt},
      {301, Verdict::misconfigured},
      {307, Verdict::misconfigured},
      {304, Verdict::misconfigured},
      {400, Verdict::rejected_in_company},
      {300, Verdict::misconfigured},
      {399, Verdict::misconfigured},
      {499, Verdict::rejected_in_company},
      {401, Verdict::unauthorized},
      {403, Verdict::unauthorized},
      {404, Verdict::rejected_in_company},
      {405, Verdict::rejected_in_company},
      {410, Verdict::rejected_in_company},
      {408, Verdict::retry},
      {409, Verdict::rejected_in_company},
      {413, Verdict::too_large},
      {422, Verdict::rejected_in_company},
      {425, Verdict::retry},
      {429, Verdict::throttled},
      {500, Verdict::retry},
      {501, Verdict::rejected_in_company},
      {502, Verdict::retry},
      {503, Verdict::retry},
      {504, Verdict::retry},
      {599, Verdict::retry},
      {199, Verdict::retry},
      {600, Verdict::retry},
  };
  for (const auto& [status, verdict] : cases) {
    EXPECT_EQ(answered(status, "why").whole, verdict) << status;
  }
}

TEST(WebhookAnswerTest, ReadsBothFormsOfRetryAfter) {
  const DeliveryAnswer in_seconds = answered(503, "", {{"retry-after", "120"}});
  EXPECT_EQ(in_seconds.whole, Verdict::throttled);
  EXPECT_EQ(in_seconds.retry_after, Milliseconds{seconds{120}});
  const DeliveryAnswer dated = answered(429, "", {{"Retry-After", "Sat, 31 Jan 2026 09:16:02 GMT"}});
  EXPECT_EQ(dated.retry_after, Milliseconds{59'655});
  EXPECT_EQ(answered(500, "", {{"Retry-After", "7"}}).retry_after, Milliseconds{seconds{7}});
  EXPECT_FALSE(answered(429, "", {{"Retry-After", "soon"}}).retry_after);
}

TEST(WebhookAnswerTest, SaysWhichStatusesComeFromAnotherAddress) {
  for (const int status : {404, 405, 410, 501}) {
    EXPECT_TRUE(answered(status, "").elsewhere) << status;
  }
  for (const int status : {400, 409, 422, 500, 503}) {
    EXPECT_FALSE(answered(status, "").elsewhere) << status;
  }
}

TEST(WebhookAnswerTest, ComparesADateWithTheClockOfThePeer) {
  const DeliveryAnswer dated =
      answered(429, "", {{"Retry-After", "Wed, 31 Jan 2029 09:16:02 GMT"}, {"Date", "Wed, 31 Jan 2029 09:15:42 GMT"}});
  EXPECT_EQ(dated.retry_after, Milliseconds{seconds{20}});
}

TEST(WebhookAnswerTest, KeepsThePeersWordsOutOfTheDetail) {
  const DeliveryAnswer answer = answered(422, "line\nwith " + std::string(2'000, 'x'));
  EXPECT_EQ(answer.detail, "HTTP 422");
  EXPECT_EQ(answer.whole, Verdict::rejected_in_company);
  EXPECT_EQ(answer.reason.substr(0, 25), "HTTP 422: line with xxxxx");
  EXPECT_LT(answer.reason.size(), 600U);
}

TEST(WebhookAnswerTest, TakesALostAnswerForTransient) {
  const DeliveryAnswer lost = read_failure({FailureKind::transient, "timeout", std::nullopt, 0, true});
  EXPECT_EQ(lost.whole, Verdict::unknown);
  EXPECT_EQ(lost.detail, "timeout");
  EXPECT_EQ(read_failure({FailureKind::transient, "refused", std::nullopt, 0, false}).whole, Verdict::retry);
  EXPECT_EQ(read_failure({FailureKind::malformed, "not HTTP", std::nullopt, 0, false}).whole, Verdict::unknown);
}

TEST(WebhookAnswerTest, BlamesTheConfigurationForARequestThatCannotBeWritten) {
  const DeliveryAnswer answer = read_failure({FailureKind::rejected, "control character", std::nullopt, 0, false});
  EXPECT_EQ(answer.whole, Verdict::misconfigured);
}

TEST(WebhookAnswerTest, KeepsTheReasonOfARefusedMessage) {
  const auto error_of = [](const std::string& rest) {
    return answered(207, R"({"results":[{"key":")" + std::string(32, 'a') + "\"," + rest + "}]}").messages[0].error;
  };
  EXPECT_EQ(error_of(R"("status":"error","error":"no\nroom")"), "no room");
  EXPECT_EQ(error_of(R"("status":"error","error":{"code":7})"), R"({"code":7})");
  EXPECT_EQ(error_of(R"("status":"error")"), "refused without a reason");
  EXPECT_EQ(error_of(R"("status":"odd","error":"busy")"), "the answer has an unknown status for this message; busy");
}

TEST(WebhookAnswerTest, CutsThePeersWordsAfterFiveHundredBytes) {
  const std::string before = "HTTP 422: ";
  EXPECT_EQ(answered(422, std::string(500, 'x')).reason, before + std::string(500, 'x'));
  EXPECT_EQ(answered(422, std::string(501, 'x')).reason, before + std::string(500, 'x') + "…");
  EXPECT_EQ(answered(422, std::string(499, 'x') + "é!").reason, before + std::string(499, 'x') + "…");
  EXPECT_EQ(answered(422, std::string(600, '\x80')).reason, before + "…") << "bytes that begin no character";
}

}  // namespace
}  // namespace elit::crm
