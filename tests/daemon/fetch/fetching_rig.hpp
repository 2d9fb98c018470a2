#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/simulator/simulator.hpp"
#include "daemon/fetch/source_loop.hpp"
#include "tests/daemon/delivery/delivering_rig.hpp"
#include "tests/support/scripted_transport.hpp"
#include "tests/support/source_options.hpp"

namespace elit::daemon {

inline constexpr Interval all_time{from_ms(0), from_ms(4'000'000'000'000)};

// A source, its API and its store, driven by hand.
class FetchingTest : public ::testing::Test {
 protected:
  FetchingTest() {
    options_.audiences = {{"followed", "yes"}};
    options_.since = test_start - std::chrono::hours{72};
    api_options_.account.api_key = "the-key";
    api_options_.world.start = test_start;
    api_options_.world.users = 4;
    api_options_.world.history = std::chrono::hours{48};
    api_options_.world.arrivals_per_minute = 0;
    LogOptions log;
    log.file = (scratch_.path() / "log").string();
    log.level = LogLevel::trace;
    log_ = std::make_unique<Log>(log);
    store_ = storage::Store::open(scratch_.path() / "state");
    storage_ = std::make_unique<StorageThread>(
        *store_, io_.get_executor(), [](std::exception_ptr) { ADD_FAILURE() << "storage failed"; },
        StorageThread::Running::inline_in_caller);
  }

  // Every requested window has a positive length, in all tests.
  void TearDown() override {
    for (const HttpRequest& request : all_requests_) {
      const auto start = parameter(request, "start_date");
      const auto end = parameter(request, "end_date");
      EXPECT_EQ(start.has_value(), end.has_value());
      if (start && end) {
        EXPECT_LT(std::stoll(*start), std::stoll(*end));
      }
    }
  }

  void make_api() {
    api_ = std::make_unique<simulator::Simulator>(api_options_);
    for (simulator::User& user : api_->world().users()) {
      user.attributes.emplace_back("followed", "yes");
    }
  }

  // Starts a pass and lets it run as far as it gets without waiting.
  void start(SourceLoop::Mode mode = SourceLoop::Mode::one_pass) {
    if (!api_) {
      make_api();
    }
    all_requests_.insert(all_requests_.end(), requests_.begin(), requests_.end());
    requests_.clear();
    SourceLoop::Parts parts;
    parts.executor = io_.get_executor();
    parts.transport = std::make_unique<ScriptedTransport>(
        io_.get_executor(), requests_, [this](const HttpRequest& request) { return answer_to(request); });
    parts.storage = storage_.get();
    parts.timer = &timer_;
    parts.log = log_.get();
    parts.secrets = [this](const SecretReference&) -> Result<std::string> { return key_; };
    parts.on_stored = [this] { ++stored_; };
    parts.budget = patience_;
    parts.seed = 1;
    loop_ = std::make_unique<SourceLoop>(options_, mode, std::move(parts));
    ended_ = false;
    boost::asio::co_spawn(io_, loop_->run(), [this](std::exception_ptr failure) {
      ended_ = true;
      EXPECT_EQ(failure, nullptr);
    });
    settle();
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  // The simulated API answers what is not intercepted.
  std::optional<Result<HttpResponse>> answer_to(const HttpRequest& request) {
    if (hang_after_ == 0) {
      return std::nullopt;
    }
    --hang_after_;
    std::optional<Result<HttpResponse>> intercepted = intercept_ ? intercept_(request) : std::nullopt;
    return intercepted ? intercepted : api_->answer(request, timer_.now().wall).answer;
  }
  // A whole pass, which gets at most `requests_max` answers.
  void pass(int requests_max = 2000) {
    hang_after_ = requests_max;
    start();
    EXPECT_TRUE(ended_) << "the pass waits or makes too many requests";
    if (!ended_) {
      stop();
    }
  }
  void stop() {
    loop_->stop();
    settle();
    EXPECT_TRUE(ended_);
    hang_after_ = -1;
  }
  // Time passes, and all waits on the client check the clock.
  void wait(Milliseconds time) {
    timer_.pass(time);
    loop_->reload_secret();
    settle();
  }

  static std::optional<std::string> parameter(const HttpRequest& request, const std::string& name) {
    const std::size_t place = request.target.find(name + "=");
    if (place == std::string::npos) {
      return std::nullopt;
    }
    const std::size_t begin = place + name.size() + 1;
    return request.target.substr(begin, request.target.find('&', begin) - begin);
  }
  static bool asks_for_messages(const HttpRequest& request) {
    return request.target.find("/conversations") != std::string::npos;
  }
  [[nodiscard]] int reads() const {
    return static_cast<int>(std::count_if(requests_.begin(), requests_.end(), asks_for_messages));
  }
  [[nodiscard]] int reads_of(const std::string& user_id) const {
    return static_cast<int>(std::count_if(requests_.begin(), requests_.end(), [&](const HttpRequest& request) {
      return request.target.find("/" + user_id + "/") != std::string::npos;
    }));
  }

  // All users the store schedules, by their ids.
  std::map<std::string, storage::UserState> users() {
    std::vector<storage::UserRow> rows;
    store_->visit_users(store_->register_source(options_.name),
                        [&rows](const storage::ScheduledUser& user) { rows.push_back(user.row); });
    std::map<std::string, storage::UserState> users;
    for (const storage::UserRow row : rows) {
      storage::UserState user = store_->load_user(row);
      users[user.user_id] = std::move(user);
    }
    return users;
  }
  std::int64_t stored_of(const std::string& user_id) {
    return store_->count_messages(users().at(user_id).row, all_time);
  }
  void expect_everything_stored_and_covered() {
    const auto stored = users();
    for (const simulator::User& user : api_->world().users()) {
      SCOPED_TRACE(user.id);
      ASSERT_TRUE(stored.contains(user.id));
      EXPECT_EQ(stored_of(user.id), static_cast<std::int64_t>(user.messages.size()));
      EXPECT_EQ(stored.at(user.id).coverage.frontier(*options_.since), timer_.now().wall - options_.settle);
    }
  }
  [[nodiscard]] std::string first_user() const { return api_->world().users().front().id; }
  void say(const std::string& user_id, Instant instant, const std::string& text) {
    simulator::World& world = api_->world();
    world.add_message(*world.find(user_id), instant, instant, text);
  }
  [[nodiscard]] std::string log() const { return content_of(scratch_.path() / "log"); }
  [[nodiscard]] bool logged(const std::string& event) const {
    return log().find("\"event\":\"" + event + "\"") != std::string::npos;
  }

  ScratchDirectory scratch_;
  boost::asio::io_context io_;
  ManualTimer timer_;
  SourceOptions options_ = support_source();
  simulator::SimulatorOptions api_options_;
  std::unique_ptr<simulator::Simulator> api_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<StorageThread> storage_;
  std::vector<HttpRequest> requests_;  // of the latest pass
  std::vector<HttpRequest> all_requests_;
  ScriptedTransport::Answers intercept_;  // what it does not answer, the API does
  int hang_after_ = -1;                   // so many more answers; negative: no end
  std::optional<Milliseconds> patience_;
  std::string key_ = "the-key";
  std::unique_ptr<SourceLoop> loop_;
  int stored_ = 0;
  bool ended_ = false;
};

}  // namespace elit::daemon
