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

// Time that passes only when it is told to: from one thing that is due to the next, in the order of their instants,
// and in the order of their making where those are equal. Whoever waits on a governed context (waiting.hpp) waits in
// this time, so months pass in the time their work takes, the same way each time.
//
// For one thread. Outlives the contexts it governs.
class VirtualTime final : public Timer {
 public:
  // Names something that is due, until it has happened.
  using Appointment = std::pair<SteadyTime, std::uint64_t>;

  explicit VirtualTime(Instant start) : truth_(start) {}

  // What the clocks of the machine show.
  [[nodiscard]] Now now() const override { return {truth_ + clock_error_, steady_}; }
  // What the time really is, whatever the wall clock was set to.
  [[nodiscard]] Instant truth() const { return truth_; }

  // From now on, all waiting on `context` is in this time. Sockets and their time-outs are not for such a context.
  void govern(boost::asio::io_context& context);
  // The time that governs the context of `executor`; null: the machine's own.
  [[nodiscard]] static VirtualTime* governing(const boost::asio::any_io_executor& executor);

  // Calls `action` at `when`; at once, but not within this call, if that has passed.
  Appointment call_at(SteadyTime when, std::function<void()> action);
  // Nothing happens if it has happened or was forgotten before.
  void forget(const Appointment& appointment) { due_.erase(appointment); }

  // When the next thing is due; absent when nothing is.
  [[nodiscard]] std::optional<SteadyTime> next() const;
  // Goes on to the next thing that is due and does it. Requires: next() is present.
  void step();
  // Lets the time until `when` pass, in which nothing is due.
  void pass_until(SteadyTime when);

  // Sets the wall clock so much before the truth, or behind it. Nobody's waiting changes.
  void set_clock_error(Milliseconds error) { clock_error_ = error; }

 private:
  Instant truth_;
  Milliseconds clock_error_{0};
  SteadyTime steady_{};
  std::uint64_t made_ = 0;
  std::map<Appointment, std::function<void()>> due_;
};

}  // namespace elit::daemon
