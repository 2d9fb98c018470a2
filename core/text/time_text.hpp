#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/instant.hpp"

// Instants as text, in the forms that vendor and CRMs use.
namespace elit {

struct ReadInstant {
  Instant instant;
  bool zone_assumed = false;  // the text named no offset and UTC was assumed
  bool operator==(const ReadInstant&) const = default;
};

// Reads a timestamp in any form the vendor may send (api.md sections 3.2 and 8), surrounding blanks ignored:
//   YYYY/MM/DD or YYYY-MM-DD, then a blank or T, HH:MM[:SS[.f]] with up to 9 digits of fraction (cut to milliseconds),
//   then nothing, Z, UTC, GMT, +HH, +HHMM or +HH:MM;
//   a decimal number, exponents allowed: seconds in [1e9, 1e11), milliseconds from 1e12 to the year 9999.
// A second of 60 is read as the last millisecond of its minute. Absent for anything else: dates without a time of day,
// impossible dates, instants that their offset moves out of the years 0 to 9999.
[[nodiscard]] std::optional<ReadInstant> parse_timestamp(std::string_view text);

// Reads an RFC 3339 instant: a date, T or a blank, a time with seconds, and an offset, which is required.
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);

// `2026-01-31T09:15:02.345Z`: always UTC, always three digits of fraction. Requires: a year in 0..9999.
[[nodiscard]] std::string to_rfc3339(Instant instant);

// Reads the three forms of an HTTP date (RFC 9110 section 5.6.7): IMF-fixdate, RFC 850 and asctime. A two-digit year
// below 70 is in this century.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

// `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate), cut to seconds. Requires: a year in 0..9999.
[[nodiscard]] std::string to_http_date(Instant instant);

inline constexpr Milliseconds retry_after_max{std::chrono::hours{24}};

// Reads a Retry-After: seconds, fractions allowed, or an HTTP date, which needs `now`. At most retry_after_max; zero
// for a date that has passed; absent for anything else.
[[nodiscard]] std::optional<Milliseconds> parse_retry_after(std::string_view text, std::optional<Instant> now);

}  // namespace elit
