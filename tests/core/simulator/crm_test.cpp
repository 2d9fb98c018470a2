#include "core/simulator/crm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using testing::HasSubstr;

std::string key(int number) {
  std::string text = std::to_string(number);
  return std::string(32 - text.size(), '0') + text;
}

std::string message(int number, const std::string& user = "91", const std::string& text = "hi") {
  return R"({"key":")" + key(number) + R"(","source":"s","user_id":")" + user +
         R"(","timestamp":"2026-01-31T09:00:00.000Z","type":"TEXT","text":")" + text + R"(","raw":{"response":")" +
         text + "\"}}";
}

class CrmTest : public testing::Test {
 protected:
  Reply send(const std::vector<int>& numbers, const std::string& idempotency_key) {
    std::string list;
    for (const int number : numbers) {
      list += (list.empty() ? "" : ",") + message(number);
    }
    return send_body(R"({"messages":[)" + list + "]}", idempotency_key);
  }

  Reply send_body(const std::string& body, const std::string& idempotency_key = "i",
                  const std::string& authorization = "") {
    HttpRequest request;
    request.method = "POST";
    request.target = "/crm/conversations";
    request.headers = {{"Idempotency-Key", idempotency_key}, {"Authorization", authorization}};
    request.body = body;
    return crm_.answer(request, start_of_tests, Milliseconds{0});
  }

  Crm crm_{"", 1};
};

TEST_F(CrmTest, KeepsMessagesInTheOrderOfArrival) {
  const Reply reply = send({2, 1}, "a");
  EXPECT_EQ(reply.answer.status, 200);
  EXPECT_EQ(body_of(reply).at_pointer("/results/1/key").as_string(), key(1));
  EXPECT_EQ(body_of(reply).at_pointer("/results/1/status").as_string(), "ok");
  ASSERT_EQ(crm_.received().size(), 2U);
  EXPECT_EQ(crm_.received()[0].key, key(2));
  EXPECT_EQ(crm_.received()[0].content, "hi");
  EXPECT_EQ(crm_.received()[0].idempotency_key, "a");
}

TEST_F(CrmTest, FailsRequestsForOneMessageWithTheStatusThatIsSet) {
  crm_.faults().poison_user = "91";
  EXPECT_EQ(send({1, 2}, "a").answer.status, 422);
  crm_.faults().poison_status = 500;
  EXPECT_EQ(send({1}, "b").answer.status, 500);
  EXPECT_EQ(crm_.refused_keys(), std::vector<std::string>{key(1)});
  crm_.faults().poison_user.clear();
  EXPECT_EQ(send({1}, "b").answer.status, 200);
  EXPECT_EQ(crm_.refused(), 0U);
}

TEST_F(CrmTest, TakesTimeForEachMessage) {
  crm_.faults().message_s = 0.25;
  EXPECT_EQ(send({1, 2}, "a").delay, Milliseconds{500});
}

TEST_F(CrmTest, TakesAMessageOnceAndTellsRepeatsApart) {
  EXPECT_EQ(send({1, 2}, "a").answer.status, 200);
  EXPECT_EQ(send({1, 2}, "a").answer.status, 200);
  EXPECT_EQ(send({2, 3}, "b").answer.status, 200);
  EXPECT_EQ(crm_.received().size(), 3U);
  EXPECT_EQ(crm_.counts().repeats_same_key, 2U);
  EXPECT_EQ(crm_.counts().repeats_other_key, 1U);
  EXPECT_EQ(crm_.counts().idempotency_conflicts, 0U);
}

TEST_F(CrmTest, NoticesAnIdempotencyKeyWithOtherMessages) {
  EXPECT_EQ(send({1, 2}, "a").answer.status, 200);
  EXPECT_EQ(send({1, 3}, "a").answer.status, 200);
  EXPECT_EQ(crm_.counts().idempotency_conflicts, 1U);
  EXPECT_EQ(send({4}, "").answer.status, 200);
  EXPECT_EQ(crm_.counts().missing_idempotency_keys, 1U);
}

TEST_F(CrmTest, AnswersWithoutResultsWhenAskedTo) {
  crm_.faults().results = false;
  EXPECT_THAT(send({1}, "a").answer.body, testing::Not(HasSubstr("results")));
  EXPECT_EQ(crm_.received().size(), 1U);
}

TEST_F(CrmTest, ProcessesWhatItLosesTheAnswerOf) {
  crm_.faults().lost_answers = 1;
  EXPECT_EQ(send({1}, "a").fault, WireFault::close_before_answer);
  EXPECT_EQ(crm_.received().size(), 1U);
  crm_.faults() = {};
  EXPECT_EQ(send({1}, "a").fault, WireFault::none);
  EXPECT_EQ(crm_.received().size(), 1U);
  EXPECT_EQ(crm_.counts().repeats_same_key, 1U);
}

TEST_F(CrmTest, TakesNothingWhileItIsDown) {
  crm_.faults().down.on = true;
  EXPECT_EQ(send({1}, "a").answer.status, 503);
  crm_.faults() = {};
  crm_.faults().unauthorized.on = true;
  EXPECT_EQ(send({1}, "a").answer.status, 401);
  EXPECT_TRUE(crm_.received().empty());
}

TEST_F(CrmTest, AsksForItsAuthorization) {
  crm_ = Crm("Bearer one", 1);
  const std::string body = R"({"messages":[)" + message(1) + "]}";
  EXPECT_EQ(send_body(body, "a", "Bearer two").answer.status, 401);
  EXPECT_EQ(send_body(body, "a", "Bearer one").answer.status, 200);
  crm_.faults().authorization = "Bearer two";
  EXPECT_EQ(send_body(body, "a", "Bearer one").answer.status, 401);
}

TEST_F(CrmTest, RejectsChosenMessagesAndAcceptsTheirNeighbours) {
  crm_.faults().rejected_user = "92";
  const Reply reply = send_body(R"({"messages":[)" + message(1) + "," + message(2, "92") + "," + message(3) + "]}");
  EXPECT_EQ(body_of(reply).at_pointer("/results/1/status").as_string(), "error");
  EXPECT_EQ(body_of(reply).at_pointer("/results/1/retryable").as_bool(), false);
  EXPECT_EQ(crm_.received().size(), 2U);
  EXPECT_EQ(crm_.refused(), 1U);
}

TEST_F(CrmTest, AcceptsARejectedMessageAfterSoManyTimes) {
  crm_.faults().rejected = 1;
  crm_.faults().rejected_times = 2;
  crm_.faults().rejected_retryable = true;
  EXPECT_THAT(send({1}, "a").answer.body, HasSubstr(R"("retryable":true)"));
  EXPECT_THAT(send({1}, "a").answer.body, HasSubstr("error"));
  EXPECT_THAT(send({1}, "a").answer.body, HasSubstr("ok"));
  ASSERT_EQ(crm_.received().size(), 1U);
  EXPECT_TRUE(crm_.received()[0].refused_before);
  EXPECT_EQ(crm_.refused(), 0U);
}

TEST_F(CrmTest, FailsAWholeRequestForAPoisonedMessage) {
  crm_.faults().poison_user = "92";
  EXPECT_EQ(send_body(R"({"messages":[)" + message(1) + "," + message(2, "92") + "]}").answer.status, 422);
  EXPECT_TRUE(crm_.received().empty());
  EXPECT_EQ(crm_.refused(), 0U);
  EXPECT_EQ(send_body(R"({"messages":[)" + message(2, "92") + "]}").answer.status, 422);
  EXPECT_EQ(crm_.refused(), 1U);
}

TEST_F(CrmTest, ChoosesTheSameShareOfMessagesAlways) {
  crm_.faults().poison = 0.3;
  int poisoned = 0;
  for (int number = 0; number < 200; ++number) {
    const int status = send({number}, std::to_string(number)).answer.status;
    EXPECT_EQ(send({number}, std::to_string(number)).answer.status, status);
    poisoned += status == 422 ? 1 : 0;
  }
  EXPECT_NEAR(poisoned, 60, 25);
}

TEST_F(CrmTest, RefusesTooManyMessagesAtOnce) {
  crm_.faults().messages_max = 2;
  EXPECT_EQ(send({1, 2, 3}, "a").answer.status, 413);
  EXPECT_EQ(send({1, 2}, "b").answer.status, 200);
}

TEST_F(CrmTest, RefusesWhatTheSinkDoesNotPromiseToSend) {
  const std::vector<std::string> bodies{"{",
                                        "[]",
                                        R"({"messages":{}})",
                                        R"({"messages":[1]})",
                                        R"({"messages":[{"key":"short"}]})",
                                        R"({"messages":[)" + message(1, "91", "\xFF") + "]}",
                                        R"({"messages":[)" + message(1, "91", "\\ud83d") + "]}"};
  for (const std::string& body : bodies) {
    EXPECT_EQ(send_body(body).answer.status, 400);
  }
  EXPECT_EQ(crm_.counts().invalid_requests, bodies.size());
  EXPECT_TRUE(crm_.received().empty());
}

}  // namespace
}  // namespace elit::simulator
