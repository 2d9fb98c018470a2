#include "core/delivery/delivery_pace.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {

namespace {

constexpr Milliseconds silence_max{std::chrono::hours{1}};
constexpr Milliseconds silence_unquestioned{std::chrono::seconds{30}};
constexpr Milliseconds pause_probe_max{std::chrono::minutes{5}};

}  // namespace

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
  return state_ == SinkState::running && proven_ && now >= hold_until_ ? concurrency_ : 1;
}

SteadyTime DeliveryPace::open_at() const {
  const SteadyTime open = std::min(hold_until_, hold_probe_);
  if (is_paused(state_)) {
    return std::max(open, probe_.probe_at());
  }
  return state_ == SinkState::running ? open : std::max(open, retry_at_);
}

DeliveryPace::Ticket DeliveryPace::issue(SteadyTime now) {
  if (now < hold_until_) {
    hold_probe_ = SteadyTime::max();
  }
  return ++issued_;
}

bool DeliveryPace::is_probing() const {
  return state_ == SinkState::failing ? failures_ > 1 : is_paused(state_) && state_ != SinkState::refusing;
}

bool DeliveryPace::takes_new_probe(SteadyTime now) const {
  return state_ == SinkState::failing && failures_ > 1 && now >= hold_until_;
}

std::optional<SteadyTime> DeliveryPace::held_until(SteadyTime now) const {
  return hold_until_ > now ? std::optional(hold_until_) : std::nullopt;
}

void DeliveryPace::on_success(Ticket ticket) {
  const bool stale = ticket <= trouble_;
  if (ticket > hold_ticket_) {
    hold_until_ = SteadyTime::min();  // The peer takes messages again before the end of its wish.
  }
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
  // After the first failure another batch goes at once: it shows whether the peer or the batch is the cause.
  retry_at_ = ++failures_ == 1 ? now : now + backoff_.delay(failures_ - 1, random);
}

void DeliveryPace::on_throttled(Ticket ticket, const std::string& reason, std::optional<Milliseconds> wish,
                                double random, SteadyTime now) {
  if (wish) {
    hold_requests(now, *wish);
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
  retry_at_ = now + backoff_.delay(++throttles_, random);
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
  if (state == SinkState::credential) {
    probe_.begin(now);
    if (proven_) {
      // The peer took messages with this secret: another message may show that only one is refused.
      probe_.hurry(now + backoff_.first());
    }
  } else {
    probe_.begin(now, backoff_.first(), std::max(backoff_.first(), std::min(backoff_.max(), pause_probe_max)));
  }
}

void DeliveryPace::hold_requests(SteadyTime now, Milliseconds wish) {
  const SteadyTime until = now + std::min(wish, silence_max);
  hold_ticket_ = issued_;
  if (until <= hold_until_) {
    return;
  }
  hold_until_ = until;
  // The more often the peer asks to wait, the later the single request before the end.
  const Milliseconds unquestioned =
      std::min(std::max(backoff_.max(), silence_unquestioned) * (1 << std::min(throttles_, 8)), silence_max);
  hold_probe_ = wish > unquestioned ? now + unquestioned : SteadyTime::max();
}

void DeliveryPace::try_at_once(SteadyTime now) {
  hold_until_ = retry_at_ = SteadyTime::min();
  if (is_paused(state_)) {
    probe_.hurry(now);
  }
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
