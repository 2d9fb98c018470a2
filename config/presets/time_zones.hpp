#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/text/time_zone.hpp"

namespace elit::config {

// The time zone of that IANA name, with its changes up to the year 2100; absent: the system has none of that name.
// Reads the system's zones (/usr/share/zoneinfo, package tzdata) at the first call; UTC needs none.
[[nodiscard]] std::optional<TimeZone> find_time_zone(const std::string& name);

// The names of the system's zones that lie in an area (Asia/Kolkata), sorted. Empty: the system has no zones.
[[nodiscard]] std::vector<std::string> time_zone_names();

}  // namespace elit::config
