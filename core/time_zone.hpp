#pragma once

#include <string>
#include <vector>

#include "core/instant.hpp"

namespace elit {

// A calendar day, written YYYY-MM-DD.
struct CalendarDay {
  std::string name;
  Instant from;  // its midnight in the zone
  Instant to;    // the next day's
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
  // `changes` ascending; before the first one its offset holds.
  explicit TimeZone(std::vector<Change> changes) : changes_(std::move(changes)) {}

  [[nodiscard]] Milliseconds offset_at(Instant instant) const;
  [[nodiscard]] CalendarDay day_of(Instant instant) const;
  bool operator==(const TimeZone&) const = default;

 private:
  std::vector<Change> changes_;
};

}  // namespace elit
