#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/text/time_zone.hpp"

namespace elit::config {

// The changes that a POSIX TZ string such as CET-1CEST,M3.5.0,M10.5.0/3 (RFC 8536, section 3.3) makes in the years
// from..to, ascending; one without daylight saving gives a single change at the beginning of `from`. Absent: it is
// none.
[[nodiscard]] std::optional<std::vector<TimeZone::Change>> changes_of_rule(std::string_view rule, int from, int to);

}  // namespace elit::config
