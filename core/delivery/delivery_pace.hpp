#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/credential_probe.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

enum class SinkState {
  running,
  failing,        // requests fail for now: one at a time, with growing distance
  credential,     // paused: the credential is refused
  misconfigured,  // paused: the peer answers that it is somewhere else
  refusing,       // paused: the peer refuses message after message
};

// `running`, `failing`, `paused: credential`, `paused: misconfigured`, `paused: refusing`.
[[nodiscard]] const char* to_string(SinkState state);
[[nodiscard]] bool is_paused(SinkState state);

// How many requests a sink's peer may get at once, and when. Requests are numbered in the order they are sent, so that
// an answer to a request from before a trouble is not taken for news about it.
class DeliveryPace {
 public:
  using Ticket = std::uint64_t;

  DeliveryPace(int concurrency, const RetryOptions& retry);

  // Requests allowed in flight now.
  [[nodiscard]] int requests_max(SteadyTime now) const;
  // The earliest time at which a request is allowed.
  [[nodiscard]] SteadyTime open_at() const;
  [[nodiscard]] Ticket issue() { return ++issued_; }

  [[nodiscard]] SinkState state() const { return state_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // Between the present probe and the next; meaningful while paused.
  [[nodiscard]] Milliseconds probe_distance() const { return probe_.distance(); }

  // Messages were accepted.
  void on_success(Ticket ticket);
  // The peer works, but what was sent is not to its liking.
  void on_alive(Ticket ticket);
  void on_transient(Ticket ticket, const std::string& reason, double random, SteadyTime now);
  void on_throttled(Ticket ticket, const std::string& reason, std::optional<Milliseconds> wish, double random,
                    SteadyTime now);
  void pause(SinkState state, Ticket ticket, const std::string& reason, SteadyTime now);
  // Nothing is sent before `until`, whatever happens.
  void be_quiet_until(SteadyTime until);

  // When the secret is to be read again; absent unless it is refused.
  [[nodiscard]] std::optional<SteadyTime> secret_due() const;
  // It was read again, or could not be (`changed` is false then).
  void on_secret(bool changed, SteadyTime now);

 private:
  int concurrency_;
  Backoff backoff_;
  SinkState state_ = SinkState::running;
  std::string reason_;
  bool proven_ = false;  // until the first sound answer one request at a time: a bad credential costs one request
  int failures_ = 0;     // in a row
  int throttles_ = 0;    // in a row
  Ticket issued_ = 0;
  Ticket trouble_ = 0;  // the last ticket issued when the present state began
  SteadyTime quiet_until_ = SteadyTime::min();
  SteadyTime retry_at_ = SteadyTime::min();
  CredentialProbe probe_;  // of the present pause
};

}  // namespace elit
