#pragma once

#include <cstdint>
#include <optional>

#include "core/failure.hpp"
#include "core/instant.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

// When a request to one peer may start: the configured rate and concurrency, what the peer bears (learnt from its
// refusals), its own Retry-After, and back-off while it is down. All requests to the peer pass the same gate, so a wish
// of the peer stops every connection to it.
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
    throttled,  // the peer asked for a pause until `until`
    down,       // the peer fails; the next probe is at `until`
  };
  struct Answer {
    Hold hold = Hold::none;
    SteadyTime until{};  // meaningful for pace, throttled and down
  };

  RequestGate(Limits limits, Backoff backoff, std::uint64_t seed);

  // Asks for one request. Each `none` must be followed by exactly one on_success, on_failure or on_abandoned.
  [[nodiscard]] Answer ask(SteadyTime now);

  // The peer answered and meant it: also a refusal of one item.
  void on_success(SteadyTime now);
  void on_failure(const Failure& failure, SteadyTime now);
  // We ended the request ourselves.
  void on_abandoned();

  // The peer failed at least `failures_when_down` times without a success in between.
  [[nodiscard]] bool down() const { return failures_ >= failures_when_down; }
  [[nodiscard]] int in_flight() const { return in_flight_; }

  // Requests a second that may be counted on; 0: unknown, nothing limits but the peer's speed.
  [[nodiscard]] double capacity() const;

  static constexpr int failures_when_down = 3;

 private:
  void slow_down(SteadyTime now);

  Limits limits_;
  Backoff backoff_;
  Random random_;
  int in_flight_ = 0;
  int failures_ = 0;
  int throttles_ = 0;  // in a row
  int concurrency_;    // what is allowed now
  int successes_ = 0;  // since the last change of concurrency_
  std::optional<double> learnt_rate_;
  double measured_rate_ = 0;  // requests a second, smoothed; 0: fewer than two were sent
  SteadyTime last_start_{};
  bool started_ = false;
  SteadyTime next_start_ = SteadyTime::min();
  double distance_rest_ms_ = 0;  // below 1: next_start_ lies so much before its due
  SteadyTime blocked_until_ = SteadyTime::min();
  Hold blocked_by_ = Hold::none;
};

}  // namespace elit
