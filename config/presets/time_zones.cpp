#include "config/presets/time_zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace elit::config {
namespace {

using std::chrono::sys_days;
using std::chrono::year;
using Changes = std::vector<TimeZone::Change>;

constexpr year table_end{2037};  // the last year that the system's tables list for a rule without an end
constexpr year last_year{2100};

constexpr sys_days first_of_march(year of) {
  return of / std::chrono::March / 1;
}

year year_of(Instant instant) {
  return std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(instant)}.year();
}

Changes changes_of(const date::time_zone& zone) {
  Changes changes;
  date::sys_info info;
  for (date::sys_seconds from = sys_days{year{1} / 1 / 1}; year_of(from) <= last_year; from = info.end) {
    info = zone.get_info(from);
    changes.push_back({from, info.offset});
  }
  return changes;
}

// date-tz 3.0 reads the tables of the system's files, but not the rules behind them: it would end daylight saving in
// 2037. The rules of zones name weekdays of months from March on. Such a rule gives the same days in all years whose
// March begins with the same weekday, and 11 years have one for each weekday.
void repeat_rule(Changes& changes) {
  if (year_of(changes.back().from) != table_end) {
    return;
  }
  const Changes table = changes;
  for (year to = table_end + std::chrono::years{1}; to <= last_year; ++to) {
    year like = table_end;
    while (std::chrono::weekday{first_of_march(like)} != std::chrono::weekday{first_of_march(to)}) {
      --like;
    }
    for (const TimeZone::Change& change : table) {
      if (year_of(change.from) == like) {
        changes.push_back({change.from + (first_of_march(to) - first_of_march(like)), change.offset});
      }
    }
  }
}

}  // namespace

std::optional<TimeZone> find_time_zone(const std::string& name) try {
  if (name == "UTC") {
    return TimeZone();
  }
  Changes changes = changes_of(*date::locate_zone(name));
  repeat_rule(changes);
  return TimeZone(std::move(changes));
} catch (const std::runtime_error&) {
  return std::nullopt;
}

std::vector<std::string> time_zone_names() try {
  std::vector<std::string> names;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    if (zone.name().find('/') != std::string::npos) {
      names.push_back(zone.name());
    }
  }
  return names;
} catch (const std::runtime_error&) {
  return {};
}

}  // namespace elit::config
