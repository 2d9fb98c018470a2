#include "daemon/time/timer.hpp"

#include <chrono>

namespace elit::daemon {

Now SystemTimer::now() const {
  Now now;
  now.wall = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  now.steady = SteadyTime{std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch())};
  return now;
}

}  // namespace elit::daemon
