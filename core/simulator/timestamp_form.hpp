#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"

namespace elit::simulator {

// The form in which the API writes the instant of a row (api.md section 8, timestamp form).
enum class TimestampForm : std::uint8_t {
  slashes,               // 2026/01/31 09:15:02.345+0000, the form of a live server
  dashes,                // 2026-01-31 09:15:02.345+0000
  iso,                   // 2026-01-31T09:15:02.345Z
  iso_offset,            // 2026-01-31T14:45:02.345+05:30
  basic_offset,          // 2026/01/31 04:15:02.345-0500
  no_zone,               // 2026-01-31 09:15:02.345
  nanoseconds,           // 2026-01-31T09:15:02.345000000Z
  whole_seconds,         // 2026/01/31 09:15:02+0000
  epoch_ms,              // 1769850902345
  epoch_ms_text,         // "1769850902345"
  epoch_seconds,         // 1769850902
  epoch_seconds_text,    // "1769850902"
  mixed,                 // each row one of the above
  sometimes_unreadable,  // every seventh row as `unreadable`, the others as `slashes`
  unreadable,            // 31 janvier 2026 vers 09h15m02s345
};

// The names of the forms, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& timestamp_form_names();

// Writes `instant` as JSON in `form`. `number` is the row's number; forms that differ from row to row depend on it.
[[nodiscard]] std::string timestamp_json(TimestampForm form, Instant instant, std::uint64_t number);

// The instant that a reader gets from timestamp_json(), cut to whole seconds in some forms. Absent: unreadable.
[[nodiscard]] std::optional<Instant> readable_instant(TimestampForm form, Instant instant, std::uint64_t number);

// For example 2026-01-31T09:15:02.345Z.
[[nodiscard]] std::string iso_text(Instant instant);

}  // namespace elit::simulator
