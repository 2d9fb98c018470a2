#pragma once

#include <optional>

#include "core/http_message.hpp"
#include "core/instant.hpp"

namespace elit {

// How long a response asks to wait: its Retry-After. A date is compared with the response's own Date, so that clocks
// that differ do not matter; without one with `now`.
[[nodiscard]] std::optional<Milliseconds> retry_after_of(const HttpResponse& response, Instant now);

}  // namespace elit
