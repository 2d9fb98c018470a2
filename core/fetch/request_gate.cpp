#include "core/fetch/request_gate.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {
namespace {

constexpr double slow_down_factor = 0.7;
constexpr double speed_up_factor = 1.01;  // a success: the rate doubles again in about 70 of them
constexpr double rate_min = 0.02;         // one request in 50 seconds
constexpr int successes_per_slot = 10;    // so many successes allow one more request in flight
constexpr double smoothing = 0.1;
constexpr Milliseconds timer_slack{20};

}  // namespace

RequestGate::RequestGate(Limits limits, Backoff backoff, std::uint64_t seed)
    : limits_(limits), backoff_(backoff), random_(seed), concurrency_(limits.concurrency) {}

double RequestGate::capacity() const {
  if (!learnt_rate_) {
    return limits_.requests_per_second;
  }
  return limits_.requests_per_second > 0 ? std::min(*learnt_rate_, limits_.requests_per_second) : *learnt_rate_;
}

RequestGate::Answer RequestGate::ask(SteadyTime now) {
  if (now < blocked_until_) {
    return {.hold = blocked_by_, .until = blocked_until_};
  }
  const int slots = down() ? 1 : concurrency_;
  if (in_flight_ >= slots) {
    return {.hold = Hold::slots, .until = {}};
  }
  const double rate = capacity();
  if (rate > 0 && now < next_start_) {
    return {.hold = Hold::pace, .until = next_start_};
  }
  if (rate > 0) {
    // What milliseconds cannot say is carried on, or 600 requests a second would become 1000.
    const double distance_ms = 1000.0 / rate + distance_rest_ms_;
    const Milliseconds distance{static_cast<Milliseconds::rep>(distance_ms)};
    distance_rest_ms_ = distance_ms - static_cast<double>(distance.count());
    // A pause earns nothing, so no burst follows it; a timer that rings a little late costs nothing either.
    const bool on_time = started_ && now <= next_start_ + timer_slack;
    next_start_ = (on_time ? next_start_ : now) + distance;
  }
  if (started_) {
    const double seconds = std::max(0.001, std::chrono::duration<double>(now - last_start_).count());
    const double weight = measured_rate_ > 0 ? smoothing : 1.0;
    measured_rate_ += weight * (1.0 / seconds - measured_rate_);
  }
  started_ = true;
  last_start_ = now;
  ++in_flight_;
  return {.hold = Hold::none, .until = {}};
}

void RequestGate::on_success(SteadyTime /*now*/) {
  on_abandoned();
  failures_ = 0;
  throttles_ = 0;
  if (learnt_rate_) {
    *learnt_rate_ *= speed_up_factor;
  }
  if (concurrency_ < limits_.concurrency && ++successes_ >= successes_per_slot) {
    ++concurrency_;
    successes_ = 0;
  }
}

void RequestGate::on_failure(const Failure& failure, SteadyTime now) {
  on_abandoned();
  if (failure.kind == FailureKind::throttled) {
    ++throttles_;
    slow_down(now);
    const Milliseconds wait = backoff_.delay(throttles_, random_.fraction(), failure.retry_after);
    blocked_until_ = std::max(blocked_until_, now + wait);
    blocked_by_ = Hold::throttled;
    return;
  }
  ++failures_;
  if (down()) {
    const int step = failures_ - failures_when_down + 1;
    const Milliseconds wait = backoff_.delay(step, random_.fraction(), failure.retry_after);
    blocked_until_ = std::max(blocked_until_, now + wait);
    blocked_by_ = Hold::down;
  } else if (failure.retry_after) {
    blocked_until_ = std::max(blocked_until_, now + *failure.retry_after);
    blocked_by_ = Hold::throttled;
  }
}

void RequestGate::on_abandoned() {
  check(in_flight_ > 0, "a request ends that the gate has not let through");
  --in_flight_;
}

void RequestGate::slow_down(SteadyTime now) {
  const double seconds = std::max(0.001, std::chrono::duration<double>(now - last_start_).count());
  const double seen = measured_rate_ > 0 ? measured_rate_ : 1.0 / seconds;
  const double current = capacity() > 0 ? capacity() : seen;
  learnt_rate_ = std::max(rate_min, current * slow_down_factor);
  concurrency_ = std::max(1, concurrency_ / 2);
  successes_ = 0;
}

}  // namespace elit
