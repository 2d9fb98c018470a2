// When requests may be sent and for which user: back-off, the gate of a peer, the schedule of polls.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/fetch/poll_schedule.hpp"
#include "core/fetch/request_gate.hpp"
#include "core/retry.hpp"
#include "tests/properties/for_all.hpp"

namespace elit::properties {
namespace {

TEST(BackoffPropertyTest, WaitsWithinItsBoundsAndAtLeastAsLongAsThePeerWishes) {
  for_all([](Choices& choices) {
    const Milliseconds first{1 + choices.of_any_size(22)};
    const Milliseconds max = first + Milliseconds{choices.of_any_size(27)};
    const int attempt = choices.one_of({1, 2, 3, 10, 63, 64, 65, 1'000'000});
    const double random = static_cast<double>(choices.below(1'000'000)) / 1'000'000;
    const Backoff backoff(first, max);
    const Milliseconds delay = backoff.delay(attempt, random);
    choices.note([&] {
      return "first " + std::to_string(first.count()) + ", max " + std::to_string(max.count()) + ", attempt " +
             std::to_string(attempt) + ", random " + std::to_string(random) + ": " + std::to_string(delay.count());
    });
    const Milliseconds bound = attempt > 40 ? max : std::min(max, Milliseconds{first.count() << (attempt - 1)});
    EXPECT_GE(delay, std::max(first / 2, Milliseconds{1}));
    EXPECT_LE(delay, bound);
    EXPECT_GE(backoff.delay(attempt, random / 2 + 0.5 - 1e-9), backoff.delay(attempt, random / 2)) << "uniform";
    EXPECT_GE(backoff.delay(attempt + 1, random), delay) << "never shorter after another failure";
    const Milliseconds wish{choices.between(0, 1'000'000'000)};
    EXPECT_EQ(backoff.delay(attempt, random, wish), std::max(delay, wish));
  });
}

// The gate of a peer, asked at any time. Every request that it lets through ends at some time, with any result.
class Traffic {
 public:
  explicit Traffic(Choices& choices)
      : choices_(choices),
        limits_{.requests_per_second = choices.one_of({1.0, 0.0, 0.3, 3.0, 7.0, 150.0, 600.0, 1000.0}),
                .concurrency = choices.number(1, 4)},
        gate_(limits_,
              {.down = Backoff(Milliseconds{100}, Milliseconds{10'000}),
               .throttled = Backoff(Milliseconds{100}, Milliseconds{10'000})},
              1) {
    choices_.note([this] {
      return std::to_string(limits_.requests_per_second) + " requests a second, " +
             std::to_string(limits_.concurrency) + " at a time";
    });
  }

  void step() {
    now_ += Milliseconds{choices_.one_of({0, 1, 5, 19, 300, 5'000})};
    if (in_flight_ > 0 && choices_.chance(2)) {
      end_one();
    }
    ask();
    if (answer_.hold == RequestGate::Hold::pace && choices_.chance(2)) {
      now_ = answer_.until;  // the caller waits as it was told
      ask();
    }
    EXPECT_EQ(gate_.in_flight(), in_flight_);
  }

  // Two starts are at least so far apart as the rate demands, minus the slack of a late timer.
  void judge() const {
    if (limits_.requests_per_second <= 0) {
      return;
    }
    constexpr double slack_ms = 20 + 1;
    for (std::size_t first = 0; first < starts_.size(); ++first) {
      for (std::size_t last = first + 1; last < starts_.size(); ++last) {
        const double due_ms = static_cast<double>(last - first) * 1000 / limits_.requests_per_second;
        EXPECT_GE(static_cast<double>((starts_[last] - starts_[first]).count()) + slack_ms, due_ms)
            << "requests " << first << " to " << last << " came too fast";
      }
    }
  }

 private:
  void ask() {
    const double rate = gate_.capacity();
    answer_ = gate_.ask(now_);
    if (answer_.hold == RequestGate::Hold::none) {
      if (rate_at_start_ > 0) {
        constexpr double slack_ms = 20 + 1;
        EXPECT_GE(static_cast<double>((now_ - starts_.back()).count()) + slack_ms, 1000 / rate_at_start_)
            << "a rate that was learnt is not kept";
      }
      rate_at_start_ = rate;
      choices_.note([this] { return "start at " + std::to_string(now_.time_since_epoch().count()); });
      starts_.push_back(now_);
      under_way_.push_back(now_);
      ++in_flight_;
      EXPECT_GE(now_, quiet_until_) << "a request before the peer's wish";
      EXPECT_LE(in_flight_, limits_.concurrency);
      EXPECT_TRUE(in_flight_ == 1 || !gate_.down()) << "a peer that is down is asked by one request at a time";
    } else if (answer_.hold == RequestGate::Hold::slots) {
      EXPECT_GT(in_flight_, 0) << "nothing will end this hold";
    } else {
      EXPECT_GT(answer_.until, now_) << "a wait that is over already";
    }
  }

  void end_one() {
    --in_flight_;
    const SteadyTime sent = under_way_.front();
    under_way_.pop_front();
    Failure failure;
    if (choices_.chance(3)) {
      failure.retry_after = Milliseconds{choices_.number(0, 5'000)};
    }
    switch (choices_.below(6)) {
      case 0:
        failure.kind = FailureKind::throttled;
        break;
      case 1:
        failure.kind = FailureKind::transient;
        break;
      case 2:
        gate_.on_abandoned();
        return;
      default:
        gate_.on_success(sent, now_);
        return;
    }
    gate_.on_failure(failure, sent, now_);
    quiet_until_ = std::max(quiet_until_, now_ + failure.retry_after.value_or(Milliseconds{0}));
  }

  Choices& choices_;
  RequestGate::Limits limits_;
  RequestGate gate_;
  RequestGate::Answer answer_;
  SteadyTime now_{Milliseconds{1'000}};
  SteadyTime quiet_until_ = SteadyTime::min();
  int in_flight_ = 0;
  double rate_at_start_ = 0;  // of the latest request
  std::vector<SteadyTime> starts_;
  std::deque<SteadyTime> under_way_;  // when each was sent
};

TEST(RequestGatePropertyTest, NeverLetsMoreThroughThanTheRateAndThePeerAllow) {
  for_all([](Choices& choices) {
    Traffic traffic(choices);
    while (choices.more(20)) {
      traffic.step();
    }
    traffic.judge();
  });
}

TEST(RequestGatePropertyTest, KeepsTheRateHoweverLongItIsAskedAtEveryMoment) {
  for_all([](Choices& choices) {
    const double rate = static_cast<double>(choices.between(20, 1'000'000)) / 1000;
    choices.note([&] { return std::to_string(rate) + " requests a second"; });
    RequestGate gate({.requests_per_second = rate, .concurrency = 1},
                     {.down = Backoff(Milliseconds{100}, Milliseconds{100}),
                      .throttled = Backoff(Milliseconds{100}, Milliseconds{100})},
                     1);
    const SteadyTime begin{Milliseconds{1'000}};
    SteadyTime now = begin;
    constexpr int requests = 60;
    for (int i = 0; i < requests; ++i) {
      RequestGate::Answer answer = gate.ask(now);
      if (answer.hold == RequestGate::Hold::pace) {
        now = answer.until;
        answer = gate.ask(now);
      }
      EXPECT_EQ(answer.hold, RequestGate::Hold::none);
      gate.on_success(now, now);
    }
    const double due_ms = (requests - 1) * 1000 / rate;
    const auto taken_ms = static_cast<double>((now - begin).count());
    EXPECT_GE(taken_ms + 1, due_ms) << "faster than the rate";
    EXPECT_LE(taken_ms - 1, due_ms) << "slower than the rate";
  });
}

// Compares a schedule with a plain table of its users.
class Readers {
 public:
  explicit Readers(Choices& choices) : choices_(choices), schedule_(PollOptions()) {}

  void step() {
    now_ += Milliseconds{choices_.one_of({0, 1, 3, 10})};
    const std::int64_t user = choices_.between(0, 5);
    switch (choices_.below(6)) {
      case 0:
        choices_.note([&] { return "remove " + std::to_string(user); });
        schedule_.remove(user);
        users_.erase(user);
        break;
      case 1:
      case 2:
        put(user);
        break;
      default:
        pick();
        break;
    }
    compare();
  }

 private:
  struct Row {
    SteadyTime due;
    bool history = false;
    SteadyTime history_from;
    bool being_read = false;
  };

  void put(std::int64_t user) {
    Row row{.due = now_ + Milliseconds{choices_.number(-5, 10)},
            .history = choices_.chance(2),
            .history_from = choices_.chance(2) ? SteadyTime::min() : now_ + Milliseconds{choices_.number(-5, 10)}};
    choices_.note([&] { return "put " + std::to_string(user) + (row.history ? " with history" : ""); });
    schedule_.put(user, row.due, row.history, row.history_from);
    users_[user] = row;
  }

  [[nodiscard]] bool waits_live(const Row& row) const { return !row.being_read && row.due <= now_; }
  [[nodiscard]] bool waits_history(const Row& row) const {
    return !row.being_read && row.history && row.history_from <= now_;
  }

  void pick() {
    const auto some = [this](auto waits) {
      return std::any_of(users_.begin(), users_.end(), [&](const auto& user) { return waits(user.second); });
    };
    const bool live = some([this](const Row& row) { return waits_live(row); });
    const bool history = some([this](const Row& row) { return waits_history(row); });
    const std::optional<PollSchedule::Pick> pick = schedule_.pick(now_);
    EXPECT_EQ(pick.has_value(), live || history) << "whoever waits is read";
    if (!pick || !users_.contains(pick->user)) {
      EXPECT_FALSE(pick) << "a user that is not there";
      return;
    }
    Row& row = users_.at(pick->user);
    choices_.note([&] { return "picked " + std::to_string(pick->user); });
    EXPECT_FALSE(row.being_read) << "one reader at a time";
    if (pick->work == PollSchedule::Work::live) {
      EXPECT_TRUE(waits_live(row));
      const bool first = std::none_of(users_.begin(), users_.end(), [&](const auto& other) {
        return waits_live(other.second) && other.second.due < row.due;
      });
      EXPECT_TRUE(first) << "somebody has waited longer";
      live_in_a_row_ = history ? live_in_a_row_ + 1 : 0;
      EXPECT_LE(live_in_a_row_, 3) << "history waits without a turn";
    } else {
      EXPECT_TRUE(waits_history(row));
      live_in_a_row_ = 0;
      EXPECT_TRUE(!live || ++history_while_live_ <= 1) << "live reads wait for history";
    }
    history_while_live_ = pick->work == PollSchedule::Work::live || !live ? 0 : history_while_live_;
    row.being_read = true;
  }

  void compare() const {
    const auto count = [this](auto holds) {
      return static_cast<std::size_t>(
          std::count_if(users_.begin(), users_.end(), [&](const auto& user) { return holds(user.second); }));
    };
    EXPECT_EQ(schedule_.size(), users_.size());
    EXPECT_EQ(schedule_.being_read(), count([](const Row& row) { return row.being_read; }));
    EXPECT_EQ(schedule_.history_size(), count([](const Row& row) { return row.history && !row.being_read; }));
    EXPECT_EQ(schedule_.live_waits(now_), count([this](const Row& row) { return waits_live(row); }) > 0);
    std::optional<SteadyTime> next;
    for (const auto& [user, row] : users_) {
      EXPECT_EQ(schedule_.is_being_read(user), row.being_read);
      if (!row.being_read) {
        const SteadyTime due = row.history ? std::min(row.due, row.history_from) : row.due;
        next = next ? std::min(*next, due) : due;
      }
    }
    EXPECT_EQ(schedule_.next_due(), next) << "somebody is forgotten";
  }

  Choices& choices_;
  PollSchedule schedule_;
  SteadyTime now_{Milliseconds{1'000}};
  std::map<std::int64_t, Row> users_;
  int live_in_a_row_ = 0;
  int history_while_live_ = 0;
};

TEST(PollSchedulePropertyTest, ForgetsNobodyAndGivesAUserToOneReaderAtATime) {
  for_all([](Choices& choices) {
    Readers readers(choices);
    while (choices.more(25)) {
      readers.step();
    }
  });
}

TEST(PollSchedulePropertyTest, APauseLiesBetweenTheIntervalAndTheGreatestStaleness) {
  for_all([](Choices& choices) {
    PollOptions options;
    options.interval = Milliseconds{choices.between(100, 86'400'000)};
    options.max_staleness = options.interval + Milliseconds{choices.between(0, 86'400'000)};
    PollSchedule schedule(options);
    const int users = choices.number(0, 3);
    for (int user = 0; user < users; ++user) {
      schedule.put(user, SteadyTime{}, false);
    }
    const double capacity = choices.one_of({0.0, 1e-9, 0.001, 1.0, 1000.0});
    const Milliseconds silence{choices.of_any_size(40)};
    const Milliseconds pause = schedule.pause(silence, capacity);
    EXPECT_GE(pause, options.interval);
    EXPECT_LE(pause, options.max_staleness);
    EXPECT_GE(schedule.pause(2 * silence, capacity), pause) << "who is silent longer is read later";
    EXPECT_GE(schedule.pause(std::nullopt, capacity), pause);
  });
}

}  // namespace
}  // namespace elit::properties
