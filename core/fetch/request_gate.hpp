#pragma once

#include <cstdint>
#include <optional>

#include "core/failure.hpp"
#include "core/fetch/learnt_rate.hpp"
#include "core/instant.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

// When a request to one peer may start: the configured rate and concurrency, the rate that the peer's 429s teach, its
// own Retry-After, and back-off while it is down. All requests to the peer pass the same gate, so a wish of the peer
// stops every connection to it.
//
// Only a 429 (FailureKind::throttled) teaches a rate. Failures of any other kind say that the peer is in trouble, not
// that it is asked too often: with the first sound answer everything is as before.
class RequestGate {
 public:
  struct Limits {
    double requests_per_second = 1;  // 0: no configured limit
    int concurrency = 1;
  };

  enum class Hold {
    none,       // the request may start: it has been counted
    pace,       // the rate is used up until `until`
    slots,      // too many in flight; ask again when one ends
    throttled,  // the peer asked for a pause, or refuses for now; the next request may go at `until`
    down,       // the peer fails; the next probe is at `until`
  };
  struct Answer {
    Hold hold = Hold::none;
    SteadyTime until{};  // meaningful for pace, throttled and down
  };

  // How long to wait, and how the waits grow, after failures and after 429s that name no time.
  struct RetryWaits {
    Backoff down;
    Backoff throttled;
  };

  RequestGate(Limits limits, RetryWaits waits, std::uint64_t seed);

  // Asks for one request. Each `none` must be followed by exactly one on_success, on_failure or on_abandoned.
  [[nodiscard]] Answer ask(SteadyTime now);

  // The peer answered and meant it: also a refusal of one item. `sent`: when the request was let through.
  void on_success(SteadyTime sent, SteadyTime now);
  void on_failure(const Failure& failure, SteadyTime sent, SteadyTime now);
  // We ended the request ourselves.
  void on_abandoned();

  // The operator says that the peer may be well again: the next request goes at once.
  void try_at_once();

  // The peer is in an outage: so many failures in a row, or one and no sound answer for `silence_when_down`.
  [[nodiscard]] bool down() const { return down_; }
  // The peer refuses requests as too many: until when, by its own wish or by our back-off, and since when.
  struct Throttling {
    SteadyTime since;
    SteadyTime until;  // when the peer wants to be asked again; a single request tries earlier where that is long
  };
  // Absent: there was a sound answer since.
  [[nodiscard]] std::optional<Throttling> throttling() const { return throttling_; }
  [[nodiscard]] int in_flight() const { return in_flight_; }

  // Requests a second that may be counted on; 0: unknown, nothing limits but the peer's speed.
  [[nodiscard]] double capacity() const;

  static constexpr int failures_when_down = 3;
  static constexpr Milliseconds silence_when_down = std::chrono::seconds{45};
  // No wish of a peer is obeyed for longer, and where it is longer than `wish_trusted`, a single request tries after
  // that time, the next one after twice that time, and so on: milliseconds may have been meant.
  static constexpr Milliseconds wish_max = std::chrono::hours{1};
  static constexpr Milliseconds wish_trusted = std::chrono::minutes{1};
  static constexpr Milliseconds probe_distance_first = std::chrono::seconds{30};

 private:
  void end_request();
  void obey(Hold why, Milliseconds wait, std::optional<Milliseconds> wish, SteadyTime sent, SteadyTime now);
  void on_throttled(const Failure& failure, SteadyTime sent, SteadyTime now);
  [[nodiscard]] int slots() const;

  Limits limits_;
  RetryWaits waits_;
  Random random_;
  LearntRate learnt_;
  int in_flight_ = 0;
  int concurrency_;    // what is allowed now
  int successes_ = 0;  // since the last change of concurrency_
  // Failures in a row, and when the first of them was sent.
  int failures_ = 0;
  SteadyTime trouble_began_{};
  SteadyTime sound_at_ = SteadyTime::min();  // the latest sound answer
  bool down_ = false;
  int down_steps_ = 0;  // probes in a row that failed
  int throttles_ = 0;   // in a row; refusals of requests that were under way together count once
  std::optional<Throttling> throttling_;
  Milliseconds probe_distance_{0};  // between the requests that try before a long wish ends; 0: none was sent
  SteadyTime next_start_ = SteadyTime::min();
  bool started_ = false;
  double distance_rest_ms_ = 0;  // below 1: next_start_ lies so much before its due
  SteadyTime blocked_until_ = SteadyTime::min();
  SteadyTime blocked_at_ = SteadyTime::min();  // when the latest failure set it
  Hold blocked_by_ = Hold::none;
};

}  // namespace elit
