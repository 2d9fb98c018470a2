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
  failing,        // requests fail for now: one at a time; from the second failure on with growing distance
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
  Ticket issue(SteadyTime now);
  // Whether the requests are probes: the sink is paused, or several of them failed in a row.
  [[nodiscard]] bool is_probing() const;
  // Whether a message that was never tried may go at once although failed ones wait.
  [[nodiscard]] bool takes_new_probe(SteadyTime now) const;
  // Until when requests are held because the peer asked for it; absent: not later than `now`.
  [[nodiscard]] std::optional<SteadyTime> held_until(SteadyTime now) const;

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
  // The peer asked to wait for `wish` (Retry-After). Requests are held for an hour at most. Where the wish is longer
  // than `retry.max` and half a minute, one request goes after that time and shows whether the wish still holds.
  void hold_requests(SteadyTime now, Milliseconds wish);
  // Ends every wait: the operator has changed something.
  void try_at_once(SteadyTime now);

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
  SteadyTime hold_until_ = SteadyTime::min();
  SteadyTime hold_probe_ = SteadyTime::max();  // when one request may go nevertheless
  Ticket hold_ticket_ = 0;                     // the last ticket issued before the peer asked to wait
  SteadyTime retry_at_ = SteadyTime::min();
  CredentialProbe probe_;  // of the present pause
};

}  // namespace elit
