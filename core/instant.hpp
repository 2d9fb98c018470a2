#pragma once

#include <chrono>
#include <cstdint>

namespace elit {

using Milliseconds = std::chrono::milliseconds;

// A point of UTC wall-clock time, in milliseconds since 1970. Everything the vendor or a CRM dates is an Instant.
using Instant = std::chrono::sys_time<Milliseconds>;

// The monotonic clock, as a tag: all waiting and scheduling uses SteadyTime, so a jump of the wall clock moves nothing.
// The daemon takes it from std::chrono::steady_clock, the simulator from its virtual time. Its zero has no meaning.
struct SteadyClock {
  using duration = Milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
};
using SteadyTime = SteadyClock::time_point;

// Both clocks read at once; every decision gets one of these and never reads a clock itself.
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

// The earliest instant we ever ask the vendor for (2001-09-09T01:46:41Z): the first whole second whose epoch
// milliseconds have 13 digits and exceed 1.0e12, below which a value is seconds by mistake (api.md section 9, trap 6).
inline constexpr Instant earliest_instant{Milliseconds{1'000'000'001'000}};

}  // namespace elit
