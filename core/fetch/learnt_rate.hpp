#pragma once

#include <optional>

#include "core/instant.hpp"

namespace elit {

// The rate of requests that a peer bears, learnt from its refusals (429). Between two refusals the peer has allowed a
// known number of requests in a known time, whatever kind of limit it has: that is the new rate. From there the rate
// rises with each success, faster and faster, so that a limit which was lifted is noticed soon.
class LearntRate {
 public:
  // A request was answered.
  void on_success(SteadyTime now);
  // The peer refuses a request that was sent at `sent`. False: it says nothing new, since a refusal that came after
  // `sent` has lowered the rate already. `rate`: the configured one; 0: none.
  [[nodiscard]] bool on_refused(SteadyTime sent, SteadyTime now, double rate);

  // Requests a second that may be counted on, at most the configured `rate`; 0: nothing limits them.
  [[nodiscard]] double capacity(double rate) const;

 private:
  [[nodiscard]] double seen_rate(SteadyTime now) const;

  std::optional<double> rate_;         // absent: nothing was learnt, or it has grown beyond all use
  double base_ = 0;                    // the rate after the latest refusal
  int successes_ = 0;                  // since then
  std::optional<SteadyTime> refused_;  // the latest refusal that counted
  // What the peer has allowed since `counted_from_`: the first refusal in the latest row of them, or the first success.
  std::optional<SteadyTime> counted_from_;
  int allowed_ = 0;
  std::optional<SteadyTime> row_began_;  // refusals in a row since then; absent: the latest answer was a success
};

}  // namespace elit
