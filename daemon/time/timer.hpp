#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/instant.hpp"

namespace elit::daemon {

// The second seam to the outside, beside Transport: what time it is, and waiting. The daemon's implementation uses the
// system clocks, the simulator's uses virtual time.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer() = default;

  [[nodiscard]] virtual Now now() const = 0;
};

}  // namespace elit::daemon
