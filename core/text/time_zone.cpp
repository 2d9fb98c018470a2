#include "core/text/time_zone.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace elit {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::string name_of(sys_days day) {
  const std::chrono::year_month_day date{day};
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text.data(), static_cast<std::size_t>(size)};
}

// Finds the first change after the instant.
auto change_after(const std::vector<TimeZone::Change>& changes, Instant instant) {
  return std::upper_bound(changes.begin(), changes.end(), instant,
                          [](Instant sought, const TimeZone::Change& change) { return sought < change.from; });
}

}  // namespace

Milliseconds TimeZone::offset_at(Instant instant) const {
  if (changes_.empty()) {
    return Milliseconds{0};
  }
  const auto next = change_after(changes_, instant);
  return next == changes_.begin() ? next->offset : std::prev(next)->offset;
}

// The first instant at which the local clock shows midnight of that day or later.
Instant TimeZone::begin_of(sys_days day) const {
  const Instant midnight = day;
  // Offsets are smaller than two days, so the day cannot begin before this instant.
  Instant from = midnight - days{2};
  for (auto next = change_after(changes_, from); next != changes_.end(); ++next) {
    const Instant begin = std::max(from, midnight - offset_at(from));
    if (begin < next->from) {
      return begin;
    }
    from = next->from;
  }
  return std::max(from, midnight - offset_at(from));
}

CalendarDay TimeZone::day_of(Instant instant) const {
  auto day = std::chrono::floor<days>(instant + offset_at(instant));
  while (instant < begin_of(day)) {
    day -= days{1};
  }
  while (instant >= begin_of(day + days{1})) {
    day += days{1};
  }
  return {name_of(day), begin_of(day), begin_of(day + days{1})};
}

}  // namespace elit
