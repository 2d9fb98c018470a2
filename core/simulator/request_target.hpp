#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http_message.hpp"

namespace elit::simulator {

// The target of a request, parsed as a Java servlet does: percent-decoded, and a '+' in the query is a blank.
struct RequestTarget {
  std::vector<std::string> segments;  // of the path; empty segments are left out
  std::vector<std::pair<std::string, std::string>> query;

  // The first value of that name, compared exactly. Absent when it is missing or blank; the API treats both alike.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
};

[[nodiscard]] RequestTarget parse_target(std::string_view target);

// The first header of that name, compared without case.
[[nodiscard]] std::optional<std::string_view> find_header(const HttpRequest& request, std::string_view name);

// Reads all of `text` as a decimal number; absent for anything else and for a number that does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace elit::simulator
