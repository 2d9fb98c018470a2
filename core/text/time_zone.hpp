#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/instant.hpp"

namespace elit {

// A calendar day, written YYYY-MM-DD. Days have no gaps and no overlaps: if clocks are set forward over midnight, the
// day begins after the gap; if they are set back over midnight, it begins at the first of the two midnights.
struct CalendarDay {
  std::string name;
  Instant from;  // its midnight in the zone
  Instant to;    // midnight of the next day, excluded
  bool operator==(const CalendarDay&) const = default;
};

// A time zone as a value: offsets from UTC, each valid from an instant on.
class TimeZone {
 public:
  struct Change {
    Instant from;
    Milliseconds offset{0};  // local time minus UTC
    bool operator==(const Change&) const = default;
  };

  // UTC.
  TimeZone() = default;
  // `changes` are ascending; the first offset also holds before the first change. Requires: offsets of less than two
  // days.
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
