#include "core/delivery/delivery_pace.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace elit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime start{seconds{1'000}};

RetryOptions retry() {
  RetryOptions options;
  options.first = seconds{1};
  options.max = minutes{5};
  return options;
}

TEST(DeliveryPaceTest, AsksOnceUntilTheFirstSoundAnswer) {
  DeliveryPace pace(4, retry());
  EXPECT_EQ(pace.requests_max(start), 1);
  pace.on_success(pace.issue(start));
  EXPECT_EQ(pace.requests_max(start), 4);
}

TEST(DeliveryPaceTest, APausedPeerThatFailsIsProbedLaterStill) {
  for (const bool throttled : {false, true}) {
    DeliveryPace pace(4, retry());
    pace.pause(SinkState::misconfigured, pace.issue(start), "moved", start);
    EXPECT_EQ(pace.open_at(), start + seconds{1});
    const DeliveryPace::Ticket probe = pace.issue(start);
    const SteadyTime now = start + seconds{1};
    if (throttled) {
      pace.on_throttled(probe, "busy", std::nullopt, 0.5, now);
    } else {
      pace.on_transient(probe, "timeout", 0.5, now);
    }
    EXPECT_EQ(pace.state(), SinkState::misconfigured);
    EXPECT_EQ(pace.reason(), "moved");
    EXPECT_EQ(pace.open_at(), now + seconds{2});
  }
}

TEST(DeliveryPaceTest, ProbesAPausedPeerAtMostEveryFiveMinutes) {
  DeliveryPace pace(4, retry());
  SteadyTime now = start;
  pace.pause(SinkState::credential, pace.issue(start), "401", now);
  for (const Milliseconds distance :
       {seconds{15}, seconds{30}, seconds{60}, seconds{120}, seconds{240}, seconds{300}, seconds{300}}) {
    EXPECT_EQ(pace.open_at(), now + distance);
    EXPECT_EQ(pace.probe_distance(), distance);
    now = pace.open_at();
    pace.pause(SinkState::credential, pace.issue(start), "401", now);
  }
}

TEST(DeliveryPaceTest, TakesAnAnswerFromBeforeATroubleForNoNews) {
  DeliveryPace pace(4, retry());
  const DeliveryPace::Ticket early = pace.issue(start);
  const DeliveryPace::Ticket late = pace.issue(start);
  pace.on_transient(late, "timeout", 0, start);
  const SteadyTime open = pace.open_at();
  pace.on_transient(early, "another", 0, start + seconds{1});
  EXPECT_EQ(pace.open_at(), open) << "they failed together";
  EXPECT_EQ(pace.reason(), "timeout");
  pace.pause(SinkState::credential, pace.issue(start), "401", start);
  pace.on_success(early);
  EXPECT_EQ(pace.state(), SinkState::credential) << "it was asked with a credential that was still accepted";
  pace.on_success(pace.issue(start));
  EXPECT_EQ(pace.state(), SinkState::running);
  EXPECT_EQ(pace.reason(), "");
}

TEST(DeliveryPaceTest, AWishCountsInEveryState) {
  DeliveryPace pace(4, retry());
  pace.on_success(pace.issue(start));
  pace.hold_requests(start, seconds{9});
  pace.hold_requests(start, seconds{5});
  EXPECT_EQ(pace.requests_max(start + seconds{9} - Milliseconds{1}), 0);
  EXPECT_EQ(pace.requests_max(start + seconds{9}), 4);
}

TEST(DeliveryPaceTest, ReadsARefusedSecretAtOnceAndThenEveryTenSeconds) {
  DeliveryPace pace(4, retry());
  EXPECT_EQ(pace.secret_due(), std::nullopt);
  pace.pause(SinkState::credential, pace.issue(start), "401", start);
  EXPECT_EQ(pace.secret_due(), start);
  pace.on_secret(false, start);
  EXPECT_EQ(pace.secret_due(), start + seconds{10});
  EXPECT_EQ(pace.open_at(), start + seconds{15}) << "the same secret is no reason to hurry";
  pace.on_secret(true, start + seconds{10});
  EXPECT_EQ(pace.open_at(), start + seconds{10});
}

}  // namespace
}  // namespace elit
