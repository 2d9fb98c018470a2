#pragma once

#include <chrono>
#include <cstdint>

namespace elit {

using Milliseconds = std::chrono::milliseconds;

// A point of UTC wall-clock time, in milliseconds since 1970. All dates of the vendor and of CRMs are Instants.
using Instant = std::chrono::sys_time<Milliseconds>;

// The tag of the monotonic clock. All waiting and scheduling uses SteadyTime, so a jump of the wall clock has no effect
// on it. The daemon takes the time from std::chrono::steady_clock, the simulator from its virtual time. Its zero has no
// meaning.
struct SteadyClock {
  using duration = Milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
};
using SteadyTime = SteadyClock::time_point;

// Both clocks, read together. Decisions get it as an argument and never read a clock.
struct Now {
  Instant wall;
  SteadyTime steady;
};

[[nodiscard]] constexpr std::int64_t to_ms(Instant instant) {
  return instant.time_since_epoch().count();
}
[[nodiscard]] constexpr Instant from_ms(std::int64_t ms) {
  return Instant{Milliseconds{ms}};
}

// The earliest instant in requests to the vendor (2001-09-09T01:46:41Z): the first whole second above 1.0e12 epoch
// milliseconds, which has 13 digits. Smaller values are treated as seconds (api.md section 9, trap 6).
inline constexpr Instant earliest_instant{Milliseconds{1'000'000'001'000}};

}  // namespace elit
