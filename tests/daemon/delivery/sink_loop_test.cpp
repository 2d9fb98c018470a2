#include "daemon/delivery/sink_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/delivery/webhook_signature.hpp"
#include "daemon/delivery/sink_kind.hpp"
#include "tests/daemon/delivery/delivering_rig.hpp"
#include "tests/support/request_headers.hpp"
#include "tests/support/scripted_transport.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

HttpResponse status(int code, std::string body = {}) {
  HttpResponse answer;
  answer.status = code;
  answer.body = std::move(body);
  return answer;
}

class SinkLoopTest : public ::testing::Test {
 protected:
  SinkLoopTest() : conversations_(scratch_.path() / "state") {
    options_.name = "crm";
    options_.url = "http://localhost/hook";
    options_.headers["Authorization"] = SecretReference{SecretReference::Kind::file, "/token"};
    LogOptions log;
    log.file = (scratch_.path() / "log").string();
    log.level = LogLevel::trace;
    log_ = std::make_unique<Log>(log);
    user_ = conversations_.follow("919812345678");
    sink_ = conversations_.store().register_sinks({{"crm", true}}).at(0);
    storage_ = std::make_unique<StorageThread>(
        conversations_.store(), io_.get_executor(), [](std::exception_ptr) { ADD_FAILURE() << "storage failed"; },
        StorageThread::Running::inline_in_caller);
  }

  void start() {
    SecretSource source = [this](const SecretReference&) -> Result<std::string> {
      if (secret_.empty()) {
        Failure failure;
        failure.detail = "no such file";
        return failure;
      }
      return secret_;
    };
    SinkLoop::Parts parts;
    parts.executor = io_.get_executor();
    parts.storage = storage_.get();
    parts.timer = &timer_;
    parts.log = log_.get();
    parts.secrets = std::make_unique<SinkSecrets>(std::move(source), *log_);
    SinkClientParts client;
    client.executor = client.blocking = io_.get_executor();
    client.transports = [this](const TransportSettings&) {
      requests_.clear();
      auto transport = std::make_unique<ScriptedTransport>(io_.get_executor(), requests_,
                                                           [this](const HttpRequest&) { return next_answer(); });
      transport_ = transport.get();
      return transport;
    };
    client.storage = storage_.get();
    client.timer = &timer_;
    client.log = log_.get();
    client.secrets = parts.secrets.get();
    const std::unique_ptr<SinkKind> kind = sink_kind(options_, {});
    parts.client = kind->make_client(std::move(client));
    parts.concurrency = kind->concurrency();
    parts.late_arrival = kind->late_arrival();
    loop_ = std::make_unique<SinkLoop>(options_, sink_, std::move(parts));
    loop_->hurry(true);
    ended_ = false;
    asio::co_spawn(io_, loop_->run(), [this](std::exception_ptr failure) {
      ended_ = true;
      EXPECT_EQ(failure, nullptr);
    });
    settle();
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  void pass(Milliseconds time) {
    timer_.pass(time);
    loop_->on_stored();
    settle();
  }
  void stop() {
    loop_->abandon();
    settle();
    EXPECT_TRUE(ended_);
  }
  storage::SinkTotals totals() { return conversations_.store().ledger(conversations_.source()).sinks.at(0); }
  // The next one of the script.
  std::optional<Result<HttpResponse>> next_answer() {
    if (script_.empty()) {
      return std::nullopt;
    }
    Result<HttpResponse> answer = std::move(script_.front());
    script_.pop_front();
    return answer;
  }

  ScratchDirectory scratch_;
  asio::io_context io_;
  ManualTimer timer_;
  StoredConversations conversations_;
  SinkOptions options_;
  std::unique_ptr<Log> log_;
  std::string secret_ = "Bearer canary-token";
  storage::UserRow user_ = 0;
  storage::SinkId sink_ = 0;
  std::unique_ptr<StorageThread> storage_;
  std::deque<Result<HttpResponse>> script_;  // with none left, a request hangs
  std::vector<HttpRequest> requests_;        // of the latest start
  ScriptedTransport* transport_ = nullptr;
  std::unique_ptr<SinkLoop> loop_;
  bool ended_ = false;
};

TEST_F(SinkLoopTest, DeliversWhatIsStored) {
  conversations_.say(user_, "one");
  conversations_.say(user_, "two");
  script_ = {status(200), status(200)};
  start();
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].target, "/hook");
  EXPECT_EQ(header_of(requests_[0], "Authorization"), "Bearer canary-token");
  EXPECT_NE(requests_[0].body.find("\"text\":\"two\""), std::string::npos);
  EXPECT_EQ(totals().delivered, 2);
  EXPECT_TRUE(loop_->summary().settled);
  conversations_.say(user_, "three");
  loop_->on_stored();
  settle();
  EXPECT_EQ(requests_.size(), 2U);
  EXPECT_EQ(totals().delivered, 3);
  stop();
}

TEST_F(SinkLoopTest, SendsNothingAgainAfterARestart) {
  conversations_.say(user_, "one");
  script_ = {status(200)};
  start();
  stop();
  start();
  EXPECT_TRUE(requests_.empty());
  EXPECT_TRUE(loop_->summary().settled);
  stop();
}

TEST_F(SinkLoopTest, RepeatsWithTheSameIdempotencyKey) {
  conversations_.say(user_, "one");
  Failure lost;
  lost.detail = "time-out";
  lost.answer_lost = true;
  script_ = {lost, status(503), status(200)};
  start();
  EXPECT_EQ(loop_->summary().state, SinkState::failing);
  conversations_.say(user_, "two");
  pass(seconds{1});
  pass(seconds{2});
  ASSERT_GE(requests_.size(), 3U);
  const std::string key = header_of(requests_[0], "Idempotency-Key");
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(header_of(requests_[1], "Idempotency-Key"), key);
  EXPECT_EQ(header_of(requests_[2], "Idempotency-Key"), key);
  EXPECT_EQ(requests_[0].body, requests_[2].body);
  EXPECT_EQ(totals().delivered, 1);
  stop();
}

TEST_F(SinkLoopTest, LetsARequestUnderWayEndBeforeItStops) {
  conversations_.say(user_, "one");
  start();
  ASSERT_EQ(requests_.size(), 1U);
  loop_->stop();
  settle();
  EXPECT_FALSE(ended_);
  script_ = {status(200)};
  transport_->close();  // lets the hanging request look into the script again
  settle();
  EXPECT_TRUE(ended_);
  EXPECT_EQ(totals().delivered, 1);
}

TEST_F(SinkLoopTest, AbandonsAHangingRequestAndLeavesItsBatchInFlight) {
  conversations_.say(user_, "one");
  start();
  ASSERT_EQ(requests_.size(), 1U);
  stop();
  EXPECT_EQ(totals().pending, 1);
  const auto open = conversations_.store().open_batches(sink_);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_TRUE(open[0].in_flight);
}

TEST_F(SinkLoopTest, TakesUpTheAbandonedBatchOfTheLoopBeforeItAfterAReload) {
  conversations_.say(user_, "one");
  start();
  const std::string key = header_of(requests_.at(0), "Idempotency-Key");
  stop();
  script_ = {status(200)};
  start();
  pass(seconds{1});
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(header_of(requests_[0], "Idempotency-Key"), key);
  EXPECT_EQ(totals().delivered, 1);
  stop();
}

TEST_F(SinkLoopTest, ATokenThatWasChangedWhileABatchWasUnderWayIsUsedWithoutAPause) {
  conversations_.say(user_, "one");
  start();
  secret_ = "Bearer fresh";
  loop_->reload_secrets();
  script_ = {status(401), status(200)};
  transport_->close();  // lets the hanging request look into the script
  settle();
  pass(seconds{1});
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(header_of(requests_[1], "Authorization"), "Bearer fresh");
  EXPECT_EQ(totals().delivered, 1);
  stop();
  EXPECT_EQ(content_of(scratch_.path() / "log").find("sink_paused"), std::string::npos);
}

TEST_F(SinkLoopTest, SignsEachAttemptAnewWithTheTimeAndTheSecretOfThen) {
  options_.headers.clear();
  options_.sign.secret = {SecretReference::Kind::file, "/secret"};
  secret_ = "canary-secret";
  conversations_.say(user_, "one");
  script_ = {status(503), status(401), status(200)};
  start();
  pass(minutes{10});
  EXPECT_EQ(loop_->summary().state, SinkState::credential);
  secret_ = "fresh-secret";
  loop_->reload_secrets();
  settle();
  const auto& requests = requests_;
  ASSERT_EQ(requests.size(), 3U);
  const auto expected = [&](std::size_t number, const std::string& secret) {
    return webhook_signature(secret, std::stoll(header_of(requests[number], "X-Elitbuzz-Timestamp")),
                             requests[number].body);
  };
  EXPECT_EQ(header_of(requests[0], "X-Elitbuzz-Signature"), expected(0, "canary-secret"));
  EXPECT_EQ(header_of(requests[1], "X-Elitbuzz-Signature"), expected(1, "canary-secret"));
  EXPECT_EQ(header_of(requests[2], "X-Elitbuzz-Signature"), expected(2, "fresh-secret"));
  EXPECT_EQ(std::stoll(header_of(requests[1], "X-Elitbuzz-Timestamp")) -
                std::stoll(header_of(requests[0], "X-Elitbuzz-Timestamp")),
            600);
  EXPECT_EQ(header_of(requests[0], "Idempotency-Key"), header_of(requests[2], "Idempotency-Key"));
  EXPECT_EQ(totals().delivered, 1);
  stop();
}

TEST_F(SinkLoopTest, SendsNothingUnsignedWhenTheSigningSecretIsNotThere) {
  options_.headers.clear();
  options_.sign.secret = {SecretReference::Kind::file, "/secret"};
  secret_.clear();
  conversations_.say(user_, "one");
  start();
  EXPECT_TRUE(requests_.empty());
  EXPECT_EQ(loop_->summary().state, SinkState::credential);
  EXPECT_EQ(loop_->summary().reason, "sign.secret: no such file");
  stop();
}

TEST_F(SinkLoopTest, PausesOnARefusedCredentialAndGoesOnWithANewOne) {
  conversations_.say(user_, "one");
  script_ = {status(401), status(200)};
  start();
  EXPECT_EQ(requests_.size(), 1U);
  EXPECT_EQ(loop_->summary().state, SinkState::credential);
  secret_ = "Bearer fresh";
  loop_->reload_secrets();
  settle();
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(header_of(requests_[1], "Authorization"), "Bearer fresh");
  EXPECT_EQ(loop_->summary().state, SinkState::running);
  EXPECT_EQ(totals().delivered, 1);
  stop();
  const std::string log = content_of(scratch_.path() / "log");
  EXPECT_NE(log.find("sink_paused"), std::string::npos);
  EXPECT_NE(log.find("sink_resumed"), std::string::npos);
}

TEST_F(SinkLoopTest, SendsNoRequestWithoutItsSecret) {
  conversations_.say(user_, "one");
  secret_.clear();
  script_ = {status(200)};
  start();
  EXPECT_TRUE(requests_.empty());
  EXPECT_EQ(loop_->summary().state, SinkState::credential);
  secret_ = "Bearer late";
  pass(seconds{15});
  EXPECT_EQ(requests_.size(), 1U);
  EXPECT_EQ(totals().delivered, 1);
  stop();
}

TEST_F(SinkLoopTest, HalvesARefusedBatchAndRecordsTheCulprit) {
  for (const std::string text : {"one", "two", "three", "four"}) {
    conversations_.say(user_, text);
  }
  script_ = {status(422, "no"), status(200), status(422, "no"), status(422, "echo Bearer canary-token"), status(200)};
  start();
  EXPECT_EQ(requests_.size(), 5U);
  EXPECT_EQ(totals().delivered, 3);
  EXPECT_EQ(totals().dead, 1);
  EXPECT_EQ(totals().pending, 0);
  stop();
  const std::string log = content_of(scratch_.path() / "log");
  EXPECT_EQ(log.find("canary-token"), std::string::npos);
  EXPECT_THAT(log, HasSubstr("a message is given up: HTTP 422 (the whole answer is in deliveries_v1)"));
  EXPECT_THAT(log, HasSubstr(R"("key":")"));
  EXPECT_EQ(log.find("919812345678"), std::string::npos) << "users are masked";
  EXPECT_EQ(content_of(scratch_.path() / "state" / "elitbuzz-sync.db-wal").find("canary-token"), std::string::npos)
      << "what a peer echoes must not bring a secret into the state";
}

TEST_F(SinkLoopTest, RecordsEachOutcomeOfPartialResults) {
  const storage::UserRow other = conversations_.follow("other");
  conversations_.say(user_, "one");
  conversations_.say(other, "two");
  const auto pending = conversations_.store().pending_after(sink_, 0, 10);
  const auto messages = conversations_.store().load_messages({pending.at(0).id, pending.at(1).id});
  script_ = {status(200, R"({"results":[{"key":")" + messages[0].key + R"(","status":"ok","id":9},{"key":")" +
                             messages[1].key + R"(","status":"error","retryable":true}]})"),
             status(200)};
  start();
  EXPECT_EQ(totals().delivered, 1);
  EXPECT_EQ(totals().pending, 1);
  pass(seconds{2});
  EXPECT_EQ(totals().delivered, 2);
  ASSERT_EQ(requests_.size(), 2U);
  EXPECT_EQ(requests_[1].body.find(messages[0].key), std::string::npos);
  stop();
}

TEST_F(SinkLoopTest, ArchivesToFiles) {
  options_.type = SinkType::file;
  options_.directory = (scratch_.path() / "archive").string();
  conversations_.say(user_, "one");
  conversations_.say(user_, "two");
  start();
  EXPECT_EQ(totals().delivered, 2);
  const std::string lines = content_of(scratch_.path() / "archive" / "2026-01-31.jsonl");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  stop();
}

TEST_F(SinkLoopTest, ArchivesNoLineTwiceAfterACrashBeforeTheOutcome) {
  options_.type = SinkType::file;
  options_.directory = (scratch_.path() / "archive").string();
  conversations_.say(user_, "one");
  conversations_.say(user_, "two");
  start();
  stop();
  // The process died after it wrote the file and before it recorded the outcome: the lines exist, and the batch is in
  // flight.
  const std::string lines = content_of(scratch_.path() / "archive" / "2026-01-31.jsonl");
  sink_ = conversations_.store().register_sinks({{"again", true}}).at(0);
  const auto pending = conversations_.store().pending_after(sink_, 0, 10);
  conversations_.store().begin_batch(sink_, {pending.at(0).id, pending.at(1).id}, test_start);
  storage::Store& store = conversations_.store();
  const auto open = store.open_batches(sink_);
  store.record_attempt_failure(open.at(0).id, "lost", true, false, test_start, test_start);
  start();
  EXPECT_EQ(totals().delivered, 2);
  EXPECT_EQ(content_of(scratch_.path() / "archive" / "2026-01-31.jsonl"), lines);
  stop();
}

TEST_F(SinkLoopTest, TriesAnArchiveWithoutRoomAgain) {
  options_.type = SinkType::file;
  options_.directory = (scratch_.path() / "missing" / "archive").string();
  conversations_.say(user_, "one");
  start();
  EXPECT_EQ(loop_->summary().state, SinkState::failing);
  EXPECT_EQ(totals().pending, 1);
  std::filesystem::create_directory(scratch_.path() / "missing");
  pass(minutes{1});
  EXPECT_EQ(totals().delivered, 1);
  EXPECT_EQ(loop_->summary().state, SinkState::running);
  stop();
}

}  // namespace
}  // namespace elit::daemon
