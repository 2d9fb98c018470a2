#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/time_zone.hpp"

namespace elit::config {

// Where Debian's tzdata puts zones.
inline constexpr const char* zoneinfo_directory = "/usr/share/zoneinfo";

// The time zone of that IANA name, with its changes up to the year 2100. Absent: there is none of that name. UTC needs
// no zoneinfo. Reads a file.
[[nodiscard]] std::optional<TimeZone> find_time_zone(const std::string& name,
                                                     const std::filesystem::path& zoneinfo = zoneinfo_directory);

// The names of all zones in areas (Asia/Kolkata); empty where there is no zoneinfo. Reads directories.
[[nodiscard]] std::vector<std::string> time_zone_names(const std::filesystem::path& zoneinfo = zoneinfo_directory);

// The zone of a file in the form of RFC 8536 (TZif, version 2 or later); absent: it is none.
[[nodiscard]] std::optional<TimeZone> read_zone_file(std::string_view content);

}  // namespace elit::config
