#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "daemon/time/timer.hpp"

namespace elit::daemon {

// Time that passes only by calls: step() goes to the next due action. Actions run in the order of their instants; equal
// instants keep the order of their creation. All waiting (waiting.hpp) on a governed context uses this time, so
// simulated months take only the time of their work, and every run is the same.
//
// Not thread-safe. It must outlive the contexts that it governs.
class VirtualTime final : public Timer {
 public:
  // Identifies a due action until it has run.
  using Appointment = std::pair<SteadyTime, std::uint64_t>;

  explicit VirtualTime(Instant start) : truth_(start) {}

  // The clocks of the simulated machine.
  [[nodiscard]] Now now() const override { return {truth_ + clock_error_, steady_}; }
  // The true time, which a wrong wall clock does not change.
  [[nodiscard]] Instant truth() const { return truth_; }

  // From now on all waiting on `context` uses this time. Do not use sockets and their time-outs on such a context.
  void govern(boost::asio::io_context& context);
  // The virtual time that governs the context of `executor`; null: real time.
  [[nodiscard]] static VirtualTime* governing(const boost::asio::any_io_executor& executor);

  // Calls `action` at `when`; if that has passed, now, but not within this call.
  Appointment call_at(SteadyTime when, std::function<void()> action);
  // Removes a due action; no effect if it has run or was removed.
  void forget(const Appointment& appointment) { due_.erase(appointment); }

  // The time of the next action; absent: there is none.
  [[nodiscard]] std::optional<SteadyTime> next() const;
  // Goes to the instant of the next action and runs it. Requires: next() is present.
  void step();
  // Goes to `when`. Requires: no action is due before.
  void pass_until(SteadyTime when);

  // Sets the wall clock ahead of the true time, or behind it (negative). Waits do not change.
  void set_clock_error(Milliseconds error) { clock_error_ = error; }

 private:
  Instant truth_;
  Milliseconds clock_error_{0};
  SteadyTime steady_{};
  std::uint64_t made_ = 0;
  std::map<Appointment, std::function<void()>> due_;
};

}  // namespace elit::daemon
