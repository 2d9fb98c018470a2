#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/instant.hpp"

namespace elit {

// A calendar day, written YYYY-MM-DD. Days follow each other without gaps or overlaps: where clocks are put forward
// over midnight a day begins after the gap, and where they are put back over it the day has begun for good the first
// time.
struct CalendarDay {
  std::string name;
  Instant from;  // its midnight in the zone
  Instant to;    // the next day's: not in it
  bool operator==(const CalendarDay&) const = default;
};

// A time zone as a value: from each instant on, an offset from UTC.
class TimeZone {
 public:
  struct Change {
    Instant from;
    Milliseconds offset{0};  // local time minus UTC
    bool operator==(const Change&) const = default;
  };

  // UTC.
  TimeZone() = default;
  // `changes` ascending; before the first one its offset holds. Requires: offsets of less than two days.
  explicit TimeZone(std::vector<Change> changes) : changes_(std::move(changes)) {}

  [[nodiscard]] Milliseconds offset_at(Instant instant) const;
  // Requires: an instant of the years 0 to 9999.
  [[nodiscard]] CalendarDay day_of(Instant instant) const;
  bool operator==(const TimeZone&) const = default;

 private:
  [[nodiscard]] Instant begin_of(std::chrono::sys_days day) const;

  std::vector<Change> changes_;
};

}  // namespace elit
