#include "core/fetch/request_gate.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace elit {
namespace {

constexpr int successes_per_slot = 10;  // so many successes allow one more request in flight
constexpr Milliseconds timer_slack{20};

}  // namespace

RequestGate::RequestGate(Limits limits, RetryWaits waits, std::uint64_t seed)
    : limits_(limits), waits_(waits), random_(seed), concurrency_(limits.concurrency) {}

double RequestGate::capacity() const {
  return learnt_.capacity(limits_.requests_per_second);
}

// One request finds out whether a peer in trouble is well again.
int RequestGate::slots() const {
  const bool probing = down_ || throttles_ > 1 || (throttling_ && failures_ > 0);
  return probing ? 1 : concurrency_;
}

RequestGate::Answer RequestGate::ask(SteadyTime now) {
  if (now < blocked_until_) {
    return {.hold = blocked_by_, .until = blocked_until_};
  }
  const bool early = throttling_ && now < throttling_->until;
  if (in_flight_ >= (early ? 1 : slots())) {
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
  started_ = true;
  ++in_flight_;
  return {.hold = Hold::none, .until = {}};
}

void RequestGate::on_success(SteadyTime sent, SteadyTime now) {
  end_request();
  failures_ = 0;
  down_ = false;
  // A request that was under way when the peer asked for a pause says nothing about the pause.
  if (throttling_ && sent > blocked_at_) {
    throttling_.reset();
    throttles_ = 0;
    probe_distance_ = Milliseconds{0};
  }
  sound_at_ = now;
  blocked_until_ = throttling_ ? blocked_until_ : SteadyTime::min();
  learnt_.on_success(now);
  if (concurrency_ < limits_.concurrency && ++successes_ >= successes_per_slot) {
    ++concurrency_;
    successes_ = 0;
  }
}

void RequestGate::on_failure(const Failure& failure, SteadyTime sent, SteadyTime now) {
  end_request();
  if (failure.kind == FailureKind::throttled) {
    on_throttled(failure, sent, now);
    return;
  }
  trouble_began_ = failures_ == 0 ? std::max(sent, sound_at_) : trouble_began_;
  ++failures_;
  const bool was_down = down_;
  down_ = down_ || failures_ >= failures_when_down || now - trouble_began_ >= silence_when_down;
  if (down_) {
    // Requests that failed together count once.
    down_steps_ = !was_down ? 1 : down_steps_ + (sent > blocked_at_ ? 1 : 0);
    obey(Hold::down, waits_.down.delay(down_steps_, random_.fraction()), failure.retry_after, sent, now);
  } else if (failure.retry_after) {
    obey(Hold::throttled, Milliseconds{0}, failure.retry_after, sent, now);
  }
}

void RequestGate::on_throttled(const Failure& failure, SteadyTime sent, SteadyTime now) {
  const bool is_news = learnt_.on_refused(sent, now, limits_.requests_per_second);
  if (is_news) {
    ++throttles_;
    concurrency_ = std::max(1, concurrency_ / 2);
    successes_ = 0;
  }
  if (is_news || failure.retry_after) {
    obey(Hold::throttled, waits_.throttled.delay(std::max(1, throttles_), random_.fraction()), failure.retry_after,
         sent, now);
  }
}

// Waits at least `wait`, and until the peer wishes to be asked again, or until a single request tries before.
void RequestGate::obey(Hold why, Milliseconds wait, std::optional<Milliseconds> wish, SteadyTime sent, SteadyTime now) {
  const bool together = sent <= blocked_at_;  // with the request that led to the present pause
  Milliseconds pause = std::max(wait, std::min(wish.value_or(wait), wish_max));
  if (wish || why == Hold::throttled) {
    const SteadyTime since = throttling_ ? throttling_->since : now;
    const SteadyTime until = throttling_ ? std::max(throttling_->until, now + pause) : now + pause;
    throttling_ = Throttling{since, until};
  }
  if (wish && pause > wish_trusted) {
    if (probe_distance_ == Milliseconds{0}) {
      probe_distance_ = probe_distance_first;
    } else if (!together) {
      probe_distance_ *= 2;
    }
    pause = std::min(pause, probe_distance_);
  }
  blocked_until_ = std::max(blocked_until_, now + pause);
  blocked_by_ = why;
  blocked_at_ = now;
}

void RequestGate::on_abandoned() {
  end_request();
}

void RequestGate::end_request() {
  check(in_flight_ > 0, "a request ends that the gate has not let through");
  --in_flight_;
}

void RequestGate::try_at_once() {
  blocked_until_ = SteadyTime::min();
  next_start_ = SteadyTime::min();
  probe_distance_ = Milliseconds{0};
}

}  // namespace elit
