#pragma once

#include <string>

#include "core/instant.hpp"
#include "tests/properties/choices.hpp"

namespace elit::properties {

// An instant between the ends of the four-digit years, often near a border of the calendar or of a form.
[[nodiscard]] Instant instant_from(Choices& choices);

struct WrittenTime {
  std::string text;
  bool names_offset = true;
};

// The instant as calendar date and time of day, in one of the forms the vendor may send.
[[nodiscard]] WrittenTime written_civil(Instant instant, Choices& choices);
// The same as RFC 3339 wants it.
[[nodiscard]] std::string written_rfc3339(Instant instant, Choices& choices);
// The instant as seconds or milliseconds since 1970. Requires: to_ms(instant) >= 1e12.
[[nodiscard]] std::string written_epoch(Instant instant, Choices& choices);

}  // namespace elit::properties
