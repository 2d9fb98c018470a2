#include "core/delivery/retry_after.hpp"

#include "core/text/time_text.hpp"

namespace elit {

std::optional<Milliseconds> retry_after_of(const HttpResponse& response, Instant now) {
  const auto wish = response.header("Retry-After");
  if (!wish) {
    return std::nullopt;
  }
  const auto date = response.header("Date");
  return parse_retry_after(*wish, date ? parse_http_date(*date).value_or(now) : now);
}

}  // namespace elit
