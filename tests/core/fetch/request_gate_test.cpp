#include "core/fetch/request_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Hold = RequestGate::Hold;

constexpr SteadyTime start{hours{100}};
constexpr Milliseconds backoff_first = seconds{1};
constexpr Milliseconds backoff_max = minutes{1};

RequestGate gate_of(double requests_per_second, int concurrency) {
  return RequestGate({.requests_per_second = requests_per_second, .concurrency = concurrency},
                     {.down = Backoff(backoff_first, backoff_max), .throttled = Backoff(backoff_first, backoff_max)},
                     1);
}

Failure failure_of(FailureKind kind, std::optional<Milliseconds> retry_after = std::nullopt) {
  Failure failure;
  failure.kind = kind;
  failure.retry_after = retry_after;
  return failure;
}

// How many of many requests at once are let through.
int let_through(RequestGate& gate, SteadyTime now) {
  int count = 0;
  while (count < 100 && gate.ask(now).hold == Hold::none) {
    ++count;
  }
  return count;
}

void succeed(RequestGate& gate, SteadyTime now, int times = 1) {
  for (int i = 0; i < times; ++i) {
    ASSERT_EQ(gate.ask(now).hold, Hold::none);
    gate.on_success(now, now);
  }
}

// Fails as soon as the gate allows, so many times; returns the time of the last failure.
SteadyTime fail(RequestGate& gate, SteadyTime now, int times, const Failure& failure) {
  for (int i = 0; i < times; ++i) {
    for (RequestGate::Answer answer = gate.ask(now); answer.hold != Hold::none; answer = gate.ask(now)) {
      now = answer.until;
    }
    gate.on_failure(failure, now, now);
  }
  return now;
}

TEST(RequestGateTest, SpacesRequestsByTheConfiguredRate) {
  RequestGate gate = gate_of(4, 10);
  let_through(gate, start);
  for (SteadyTime due = start + Milliseconds{250}; due < start + seconds{2}; due += Milliseconds{250}) {
    const auto held = gate.ask(due - Milliseconds{1});
    EXPECT_EQ(held.hold, Hold::pace);
    EXPECT_EQ(held.until, due);
    EXPECT_EQ(gate.ask(due).hold, Hold::none);
  }
}

TEST(RequestGateTest, KeepsTheRateOverAMinute) {
  RequestGate gate = gate_of(4, 1);
  int requests = 0;
  for (SteadyTime now = start; now < start + minutes{1}; now += Milliseconds{10}) {
    if (gate.ask(now).hold == Hold::none) {
      ++requests;
      gate.on_success(now, now);
    }
  }
  EXPECT_GE(requests, 238);
  EXPECT_LE(requests, 242);
}

TEST(RequestGateTest, APauseEarnsNothingHoweverLongItWas) {
  RequestGate gate = gate_of(1, 10);
  EXPECT_EQ(let_through(gate, start), 1);
  EXPECT_EQ(let_through(gate, start + hours{1}), 1);
}

TEST(RequestGateTest, LearnsTheRateFromTheDistanceOfRequestsNotFromTheSpeedOfARefusal) {
  RequestGate gate = gate_of(0, 1);
  SteadyTime now = start;
  for (int i = 0; i < 20; ++i) {
    succeed(gate, now);
    now += Milliseconds{100};
  }
  ASSERT_EQ(gate.ask(now).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::throttled), now, now + Milliseconds{5});
  EXPECT_NEAR(gate.capacity(), 7, 0.5) << "10 a second were too many";
}

TEST(RequestGateTest, HoldsNothingButTheSlotsWithoutARate) {
  RequestGate gate = gate_of(0, 3);
  EXPECT_EQ(let_through(gate, start), 3);
  EXPECT_EQ(gate.in_flight(), 3);
  EXPECT_EQ(gate.ask(start).hold, Hold::slots);
  EXPECT_EQ(gate.capacity(), 0);
}

TEST(RequestGateTest, FreesASlotHoweverTheRequestEnds) {
  RequestGate gate = gate_of(0, 1);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_success(start, start);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::transient), start, start);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_abandoned();
  EXPECT_EQ(gate.in_flight(), 0);
  EXPECT_EQ(gate.ask(start).hold, Hold::none);
}

TEST(RequestGateTest, CountsOnTheConfiguredRate) {
  EXPECT_EQ(gate_of(4, 1).capacity(), 4);
}

TEST(RequestGateTest, StopsEveryRequestUntilThePeersWishIsOver) {
  RequestGate gate = gate_of(0, 4);
  ASSERT_EQ(let_through(gate, start), 4);
  gate.on_failure(failure_of(FailureKind::throttled, seconds{30}), start, start);
  gate.on_success(start, start);
  const auto held = gate.ask(start + seconds{29});
  EXPECT_EQ(held.hold, Hold::throttled);
  EXPECT_EQ(held.until, start + seconds{30});
  gate.on_success(start, start);
  gate.on_success(start, start);
  EXPECT_EQ(gate.ask(start + seconds{30}).hold, Hold::none);
}

TEST(RequestGateTest, AShorterWishDoesNotEndALongerOne) {
  RequestGate gate = gate_of(0, 2);
  ASSERT_EQ(let_through(gate, start), 2);
  gate.on_failure(failure_of(FailureKind::throttled, seconds{50}), start, start);
  gate.on_failure(failure_of(FailureKind::throttled, seconds{5}), start, start);
  EXPECT_EQ(gate.ask(start + seconds{49}).hold, Hold::throttled);
}

TEST(RequestGateTest, BacksOffFromAThrottlingPeerThatNamesNoTime) {
  RequestGate gate = gate_of(0, 1);
  fail(gate, start, 1, failure_of(FailureKind::throttled));
  const auto held = gate.ask(start);
  EXPECT_EQ(held.hold, Hold::throttled);
  EXPECT_GE(held.until, start + backoff_first / 2);
  EXPECT_LE(held.until, start + backoff_max);
}

TEST(RequestGateTest, LowersTheRateWhenThrottledAndRaisesItAgainWithSuccesses) {
  RequestGate gate = gate_of(10, 1);
  const SteadyTime throttled = fail(gate, start, 1, failure_of(FailureKind::throttled, seconds{1}));
  const double lowered = gate.capacity();
  EXPECT_NEAR(lowered, 7, 0.01);
  SteadyTime now = throttled + hours{1};
  for (int i = 0; i < 10; ++i, now += seconds{10}) {
    succeed(gate, now);
  }
  EXPECT_GT(gate.capacity(), lowered);
  for (int i = 0; i < 1000; ++i, now += seconds{10}) {
    succeed(gate, now);
  }
  EXPECT_EQ(gate.capacity(), 10) << "never above the configured rate";
}

TEST(RequestGateTest, LearnsARateWhereNoneIsConfigured) {
  RequestGate gate = gate_of(0, 1);
  SteadyTime now = start;
  for (int i = 0; i < 100; ++i, now += Milliseconds{100}) {
    succeed(gate, now);
  }
  ASSERT_EQ(gate.capacity(), 0);
  ASSERT_EQ(gate.ask(now).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::throttled, seconds{1}), now, now + Milliseconds{100});
  EXPECT_GT(gate.capacity(), 5);
  EXPECT_LT(gate.capacity(), 10) << "less than it bore until now";
}

TEST(RequestGateTest, ARowOfRefusalsTeachesOnce) {
  RequestGate gate = gate_of(1, 1);
  fail(gate, start, 200, failure_of(FailureKind::throttled));
  EXPECT_NEAR(gate.capacity(), 0.7, 0.001);
}

// A peer with a bucket of so many requests that fills at a rate, asked by as many requests at once as the gate allows.
int answered_by_bucket(RequestGate& gate, double size, double rate, Milliseconds time) {
  double left = size;
  int answered = 0;
  SteadyTime now = start;
  for (; now < start + time; now += Milliseconds{1}) {
    left = std::min(size, left + rate / 1000);
    while (gate.ask(now).hold == Hold::none) {
      if (left >= 1) {
        left -= 1;
        ++answered;
        gate.on_success(now, now);
      } else {
        gate.on_failure(failure_of(FailureKind::throttled), now, now);
      }
    }
  }
  return answered;
}

TEST(RequestGateTest, UsesNearlyAllThatAHiddenLimitAllows) {
  for (const double rate : {40.0, 5.0, 200.0}) {
    RequestGate gate({.requests_per_second = 0, .concurrency = 8},
                     {.down = Backoff(seconds{1}, seconds{15}), .throttled = Backoff(Milliseconds{200}, seconds{30})},
                     1);
    const int answered = answered_by_bucket(gate, 20, rate, seconds{20});
    EXPECT_GE(answered, (20 + rate * 20) * 0.8) << rate << " a second";
  }
}

TEST(RequestGateTest, FindsTheFullRateWithinSecondsWhenALimitIsLifted) {
  RequestGate gate({.requests_per_second = 40, .concurrency = 8},
                   {.down = Backoff(seconds{1}, seconds{15}), .throttled = Backoff(Milliseconds{200}, seconds{30})}, 1);
  static_cast<void>(answered_by_bucket(gate, 5, 4, seconds{30}));
  EXPECT_LT(gate.capacity(), 10);
  SteadyTime now = start + minutes{1};
  const SteadyTime lifted = now;
  while (gate.capacity() < 40 && now < lifted + minutes{5}) {
    if (gate.ask(now).hold == Hold::none) {
      gate.on_success(now, now);
    }
    now += Milliseconds{1};
  }
  EXPECT_LE(now - lifted, seconds{30});
}

TEST(RequestGateTest, NothingButRefusalsTeachesARate) {
  RequestGate gate = gate_of(4, 1);
  const SteadyTime now = fail(gate, start, 50, failure_of(FailureKind::transient)) + minutes{2};
  EXPECT_TRUE(gate.down());
  ASSERT_EQ(gate.ask(now).hold, Hold::none);
  gate.on_success(now, now);
  EXPECT_EQ(gate.capacity(), 4);
  EXPECT_EQ(gate.ask(now + Milliseconds{250}).hold, Hold::none) << "the configured rate, at once";
}

TEST(RequestGateTest, IsDownAfterASilenceHoweverFewRequestsFailed) {
  RequestGate gate = gate_of(0, 1);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::transient), start, start + seconds{30});
  EXPECT_FALSE(gate.down());
  ASSERT_EQ(gate.ask(start + seconds{30}).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::transient), start + seconds{30}, start + seconds{60});
  EXPECT_TRUE(gate.down()) << "a minute without a sound answer";
}

TEST(RequestGateTest, ALongWishIsBoundedAndTriedByOneRequestBeforeIt) {
  RequestGate gate = gate_of(0, 4);
  fail(gate, start, 1, failure_of(FailureKind::throttled, hours{24 * 365}));
  ASSERT_TRUE(gate.throttling());
  EXPECT_EQ(gate.throttling()->until, start + hours{1});
  EXPECT_EQ(gate.ask(start + seconds{29}).hold, Hold::throttled);
  const SteadyTime probe = start + seconds{30};
  ASSERT_EQ(gate.ask(probe).hold, Hold::none);
  EXPECT_EQ(gate.ask(probe).hold, Hold::slots) << "one request";
  gate.on_failure(failure_of(FailureKind::throttled, hours{8}), probe, probe);
  EXPECT_EQ(gate.ask(probe).until, probe + minutes{1}) << "twice as far away";
  EXPECT_EQ(gate.throttling()->until, probe + hours{1});
  const SteadyTime second = probe + minutes{1};
  ASSERT_EQ(gate.ask(second).hold, Hold::none);
  gate.on_success(second, second);
  EXPECT_FALSE(gate.throttling());
  EXPECT_NE(gate.ask(second + seconds{1}).hold, Hold::throttled) << "milliseconds were meant";
}

TEST(RequestGateTest, TakesALateRefusalOfARequestFromBeforeThePause) {
  RequestGate gate = gate_of(0, 8);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::throttled), start, start);
  const SteadyTime probe = start + minutes{2};
  ASSERT_EQ(gate.ask(probe).hold, Hold::none);
  gate.on_success(probe, probe);
  const double learnt = gate.capacity();
  gate.on_failure(failure_of(FailureKind::throttled, seconds{5}), start, probe);
  EXPECT_EQ(gate.ask(probe).until, probe + seconds{5});
  EXPECT_NEAR(gate.capacity(), learnt, 0.001);
}

TEST(RequestGateTest, TriesAtOnceWhenItIsTold) {
  for (const FailureKind kind : {FailureKind::throttled, FailureKind::transient}) {
    RequestGate gate = gate_of(1, 1);
    const SteadyTime now = fail(gate, start, 3, failure_of(kind, minutes{50}));
    ASSERT_NE(gate.ask(now).hold, Hold::none);
    gate.try_at_once();
    EXPECT_EQ(gate.ask(now).hold, Hold::none);
  }
}

TEST(RequestGateTest, HalvesTheConcurrencyWhenThrottledAndRegainsItSlotBySlot) {
  RequestGate gate = gate_of(0, 4);
  const SteadyTime now = fail(gate, start, 1, failure_of(FailureKind::throttled, seconds{1})) + hours{1};
  for (int i = 0; i < 9; ++i) {
    succeed(gate, now + minutes{i});
  }
  ASSERT_EQ(gate.ask(now + hours{1}).hold, Hold::none);
  ASSERT_EQ(gate.ask(now + hours{2}).hold, Hold::none);
  EXPECT_EQ(gate.ask(now + hours{3}).hold, Hold::slots);
  gate.on_success(now + hours{3}, now + hours{3});
  EXPECT_EQ(gate.ask(now + hours{3}).hold, Hold::none);
  EXPECT_EQ(gate.ask(now + hours{4}).hold, Hold::none) << "ten successes earned a third";
  EXPECT_EQ(gate.ask(now + hours{5}).hold, Hold::slots);
}

TEST(RequestGateTest, CountsTheSuccessesForEachSlotAnew) {
  RequestGate gate = gate_of(0, 8);
  const SteadyTime now = fail(gate, start, 1, failure_of(FailureKind::throttled, seconds{1})) + hours{1};
  const auto slots_at = [&gate](SteadyTime time) {
    int slots = 0;
    for (; gate.ask(time + hours{slots}).hold == Hold::none; ++slots) {
    }
    for (int i = 0; i < slots; ++i) {
      gate.on_abandoned();
    }
    return slots;
  };
  for (int i = 0; i < 10; ++i) {
    succeed(gate, now + minutes{i});
  }
  ASSERT_EQ(slots_at(now + hours{1}), 5);
  for (int i = 0; i < 9; ++i) {
    succeed(gate, now + hours{100 + i});
  }
  EXPECT_EQ(slots_at(now + hours{200}), 5) << "nine of ten";
  const SteadyTime later = fail(gate, now + hours{300}, 1, failure_of(FailureKind::throttled, seconds{1}));
  succeed(gate, later + hours{1});
  EXPECT_EQ(slots_at(later + hours{2}), 2) << "a throttling peer ends the count";
}

TEST(RequestGateTest, IsDownAfterThreeFailuresInARow) {
  RequestGate gate = gate_of(0, 1);
  fail(gate, start, 2, failure_of(FailureKind::transient));
  EXPECT_FALSE(gate.down());
  EXPECT_EQ(gate.ask(start).hold, Hold::none) << "two may be an accident";
  gate.on_failure(failure_of(FailureKind::transient), start, start);
  EXPECT_TRUE(gate.down());
  const auto held = gate.ask(start);
  EXPECT_EQ(held.hold, Hold::down);
  EXPECT_GE(held.until, start + backoff_first / 2);
}

TEST(RequestGateTest, ASuccessBetweenStartsTheCountAgain) {
  RequestGate gate = gate_of(0, 1);
  fail(gate, start, 2, failure_of(FailureKind::transient));
  succeed(gate, start);
  fail(gate, start, 2, failure_of(FailureKind::transient));
  EXPECT_FALSE(gate.down());
}

TEST(RequestGateTest, AnAbandonedRequestIsNeitherSuccessNorFailure) {
  RequestGate gate = gate_of(0, 1);
  fail(gate, start, 2, failure_of(FailureKind::transient));
  ASSERT_EQ(gate.ask(start).hold, Hold::none);
  gate.on_abandoned();
  EXPECT_FALSE(gate.down());
  fail(gate, start, 1, failure_of(FailureKind::transient));
  EXPECT_TRUE(gate.down());
}

TEST(RequestGateTest, ProbesADownPeerWithOneRequestAtATime) {
  RequestGate gate = gate_of(0, 4);
  const SteadyTime now = fail(gate, start, 3, failure_of(FailureKind::transient)) + minutes{2};
  ASSERT_EQ(gate.ask(now).hold, Hold::none);
  EXPECT_EQ(gate.ask(now).hold, Hold::slots);
  gate.on_success(now, now);
  EXPECT_FALSE(gate.down());
  EXPECT_EQ(let_through(gate, now), 4);
}

TEST(RequestGateTest, ProbesADownPeerLessAndLessOftenUpToTheLongestBackOff) {
  RequestGate gate = gate_of(0, 1);
  SteadyTime now = start;
  Milliseconds longest{0};
  for (int i = 0; i < 50; ++i) {
    now = fail(gate, now, 1, failure_of(FailureKind::transient));
    const auto held = gate.ask(now);
    if (held.hold == Hold::none) {
      gate.on_abandoned();
      continue;
    }
    longest = std::max(longest, held.until - now);
    EXPECT_LE(held.until - now, backoff_max);
  }
  EXPECT_GT(longest, backoff_max / 2);
}

TEST(RequestGateTest, ObeysTheWishOfAPeerThatFailsBeforeItCountsAsDown) {
  RequestGate gate = gate_of(0, 2);
  fail(gate, start, 1, failure_of(FailureKind::transient, seconds{45}));
  EXPECT_FALSE(gate.down());
  const auto held = gate.ask(start);
  EXPECT_EQ(held.hold, Hold::throttled);
  EXPECT_EQ(held.until, start + seconds{45});
}

TEST(RequestGateTest, AsksADownPeerWithALongWishByOneRequestBeforeItsTime) {
  RequestGate gate = gate_of(0, 1);
  const SteadyTime now = fail(gate, start, 2, failure_of(FailureKind::transient));
  ASSERT_EQ(gate.ask(now).hold, Hold::none);
  gate.on_failure(failure_of(FailureKind::transient, hours{2}), now, now);
  EXPECT_EQ(gate.ask(now).until, now + seconds{30});
  ASSERT_TRUE(gate.throttling());
  EXPECT_EQ(gate.throttling()->until, now + hours{1});
}

TEST(RequestGateDeathTest, DiesWhenARequestEndsThatWasNotLetThrough) {
  RequestGate gate = gate_of(0, 1);
  EXPECT_DEATH(gate.on_success(start, start), "has not let through");
}

}  // namespace
}  // namespace elit
