#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/instant.hpp"

namespace elit::daemon {

// Gives the time. The daemon uses the clocks of the machine (SystemTimer); rehearsals and simulations use VirtualTime.
// Waiting is in waiting.hpp.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() = default;

  [[nodiscard]] virtual Now now() const = 0;
};

// The clocks of the machine: std::chrono::system_clock and steady_clock, truncated to milliseconds.
class SystemTimer final : public Timer {
 public:
  [[nodiscard]] Now now() const override;
};

}  // namespace elit::daemon
