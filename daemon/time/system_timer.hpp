#pragma once

#include "daemon/time/timer.hpp"

namespace elit::daemon {

// The machine's own clocks: std::chrono::system_clock and steady_clock, cut to milliseconds.
class SystemTimer final : public Timer {
 public:
  [[nodiscard]] Now now() const override;
};

}  // namespace elit::daemon
