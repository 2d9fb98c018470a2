#include "tests/sim/attempts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elit::sim {
namespace {

using testing::HasSubstr;

const std::string first(32, 'a');
const std::string second(32, 'b');
const std::string third(32, 'c');

class AttemptsTest : public testing::Test {
 protected:
  void lose(const std::string& idempotency_key, const std::vector<std::string>& messages) {
    Failure failure;
    failure.answer_lost = true;
    end(idempotency_key, messages, failure);
  }
  void answer(int status, const std::string& idempotency_key, const std::vector<std::string>& messages,
              const std::string& body = "{}") {
    HttpResponse response;
    response.status = status;
    response.body = body;
    end(idempotency_key, messages, response);
  }
  void send(const std::string& idempotency_key, const std::vector<std::string>& messages) {
    HttpRequest request;
    request.headers = {{"Idempotency-Key", idempotency_key}};
    for (const std::string& message : messages) {
      request.body += R"({"key":")" + message + R"(","text":"\"key\":\"no key of a message\""})";
    }
    attempts_.on_sent(++number_, request);
  }

  Attempts attempts_;

 private:
  void end(const std::string& idempotency_key, const std::vector<std::string>& messages,
           const Result<HttpResponse>& result) {
    send(idempotency_key, messages);
    attempts_.on_ended(number_, result);
  }

  std::uint64_t number_ = 0;
};

TEST_F(AttemptsTest, AllowARepeatOfTheSameSet) {
  lose("one", {first, second});
  answer(200, "one", {first, second});
  EXPECT_EQ(attempts_.complaint(first), "");
}

TEST_F(AttemptsTest, AllowAnotherSetIfTheFirstWasNotCarriedOut) {
  answer(500, "one", {first, second});
  answer(413, "one", {first, second});
  answer(200, "two", {first});
  EXPECT_EQ(attempts_.complaint(first), "");
}

TEST_F(AttemptsTest, ForbidAnotherSetAfterOneLoss) {
  lose("one", {first, second});
  answer(200, "other", {third});
  answer(200, "two", {first});
  EXPECT_THAT(attempts_.complaint(first), HasSubstr("after 1 failed"));
  EXPECT_EQ(attempts_.complaint(second), "");
}

TEST_F(AttemptsTest, ForbidAnotherSetAfterSuccessButNotAfterAnError) {
  answer(200, "one", {first, second}, R"({"results":[{"key":")" + first + R"(","status":"error"}]})");
  answer(200, "two", {first, second});
  EXPECT_EQ(attempts_.complaint(first), "");
  EXPECT_THAT(attempts_.complaint(second), HasSubstr("after 0 failed"));
}

TEST_F(AttemptsTest, TakeHalfAnAnswerAndAKilledSenderForALoss) {
  answer(200, "one", {first}, R"({"results":[)");
  answer(200, "two", {first});
  EXPECT_THAT(attempts_.complaint(first), HasSubstr("after 1 failed"));
  send("three", {second});
  answer(200, "four", {second});
  EXPECT_THAT(attempts_.complaint(second), HasSubstr("after 1 failed"));
}

TEST_F(AttemptsTest, AllowASmallerSetAfterLossesWhileOthersPass) {
  lose("one", {first, second});
  answer(200, "other", {third});
  lose("one", {first, second});
  answer(200, "two", {first});
  EXPECT_EQ(attempts_.complaint(first), "");
}

TEST_F(AttemptsTest, ForbidItWhileNothingElsePasses) {
  lose("one", {first, second});
  lose("one", {first, second});
  answer(200, "two", {first});
  EXPECT_THAT(attempts_.complaint(first), HasSubstr("while nothing else was accepted"));
}

TEST_F(AttemptsTest, AllowHalvesOfASetThatIsRefusedAfterALoss) {
  lose("one", {first, second});
  answer(413, "one", {first, second});
  answer(200, "two", {first});
  EXPECT_EQ(attempts_.complaint(first), "");
}

TEST_F(AttemptsTest, AllowAProbeInAnOutageButNotInAPause) {
  lose("one", {first, second});
  lose("one", {first, second});
  answer(500, "one", {first, second});
  answer(200, "two", {first});
  EXPECT_EQ(attempts_.complaint(first), "");
  lose("three", {third});
  answer(404, "other", {second});
  answer(200, "four", {third});
  EXPECT_THAT(attempts_.complaint(third), HasSubstr("after 1 failed"));
}

}  // namespace
}  // namespace elit::sim
