#include "core/delivery/delivery_pace.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {

const char* to_string(SinkState state) {
  switch (state) {
    case SinkState::running:
      return "running";
    case SinkState::failing:
      return "failing";
    case SinkState::credential:
      return "paused: credential";
    case SinkState::misconfigured:
      return "paused: misconfigured";
    case SinkState::refusing:
      return "paused: refusing";
  }
  return "unknown";
}

bool is_paused(SinkState state) {
  return state != SinkState::running && state != SinkState::failing;
}

DeliveryPace::DeliveryPace(int concurrency, const RetryOptions& retry)
    : concurrency_(concurrency), backoff_(retry.first, retry.max) {
  check(concurrency >= 1, "a sink needs at least one request at a time");
}

int DeliveryPace::requests_max(SteadyTime now) const {
  if (now < open_at()) {
    return 0;
  }
  return state_ == SinkState::running && proven_ ? concurrency_ : 1;
}

SteadyTime DeliveryPace::open_at() const {
  if (is_paused(state_)) {
    return std::max(quiet_until_, probe_.probe_at());
  }
  return state_ == SinkState::running ? quiet_until_ : std::max(quiet_until_, retry_at_);
}

void DeliveryPace::on_success(Ticket ticket) {
  const bool stale = ticket <= trouble_;
  // A peer that refused everything and accepts something is well, whenever it was asked. A credential refused after
  // this request was sent is still refused.
  if (stale && (state_ == SinkState::credential || state_ == SinkState::misconfigured)) {
    return;
  }
  state_ = SinkState::running;
  reason_.clear();
  proven_ = true;
  failures_ = 0;
  throttles_ = 0;
}

void DeliveryPace::on_alive(Ticket ticket) {
  if (state_ != SinkState::refusing) {
    on_success(ticket);
  } else {
    failures_ = 0;
    throttles_ = 0;
  }
}

void DeliveryPace::on_transient(Ticket ticket, const std::string& reason, double random, SteadyTime now) {
  if (ticket <= trouble_) {
    return;  // one of several requests that failed together
  }
  trouble_ = issued_;
  if (is_paused(state_)) {
    probe_.on_refused(now);
    return;
  }
  state_ = SinkState::failing;
  reason_ = reason;
  retry_at_ = now + backoff_.delay(++failures_, random);
}

void DeliveryPace::on_throttled(Ticket ticket, const std::string& reason, std::optional<Milliseconds> wish,
                                double random, SteadyTime now) {
  if (wish) {
    be_quiet_until(now + *wish);
  }
  if (ticket <= trouble_) {
    return;
  }
  trouble_ = issued_;
  if (is_paused(state_)) {
    probe_.on_refused(now);
    return;
  }
  state_ = SinkState::failing;
  reason_ = reason;
  retry_at_ = now + backoff_.delay(++throttles_, random, wish);
}

void DeliveryPace::pause(SinkState state, Ticket ticket, const std::string& reason, SteadyTime now) {
  check(is_paused(state), "a pause needs a cause");
  if (state_ == state) {
    if (ticket > trouble_) {
      trouble_ = issued_;
      probe_.on_refused(now);
    }
    return;
  }
  if (is_paused(state_) && ticket <= trouble_) {
    return;
  }
  state_ = state;
  reason_ = reason;
  trouble_ = issued_;
  if (state == SinkState::refusing) {
    probe_.begin(now, backoff_.first(), backoff_.max());
  } else {
    probe_.begin(now);
  }
}

void DeliveryPace::be_quiet_until(SteadyTime until) {
  quiet_until_ = std::max(quiet_until_, until);
}

std::optional<SteadyTime> DeliveryPace::secret_due() const {
  return state_ == SinkState::credential ? std::optional(probe_.secret_at()) : std::nullopt;
}

void DeliveryPace::on_secret(bool changed, SteadyTime now) {
  if (state_ != SinkState::credential) {
    return;
  }
  probe_.on_secret(changed, now);
  if (changed) {
    trouble_ = issued_;  // A refusal that is still to come was for the old secret.
  }
}

}  // namespace elit
