#pragma once

#include "daemon/time/timer.hpp"

namespace elit::daemon {

// The clocks of the machine: std::chrono::system_clock and steady_clock, truncated to milliseconds.
class SystemTimer final : public Timer {
 public:
  [[nodiscard]] Now now() const override;
};

}  // namespace elit::daemon
