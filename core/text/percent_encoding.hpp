#pragma once

#include <string>
#include <string_view>

namespace elit {

// Writes every byte as %XX except the unreserved ones (A-Z a-z 0-9 - . _ ~) and those of `kept`. Without `kept` the
// result can be a path segment or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view kept = {});

// The same for one segment of a path. It also encodes `.` and `..`, because a server would resolve them.
[[nodiscard]] std::string percent_encode_segment(std::string_view text);

}  // namespace elit
