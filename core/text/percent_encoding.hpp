#pragma once

#include <string>
#include <string_view>

namespace elit {

// Every byte but the unreserved ones (A-Z a-z 0-9 - . _ ~) and those of `kept` as %XX. Without `kept` it fits a path
// segment and a query value alike.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view kept = {});

// The same for one segment of a path: `.` and `..`, which a server would resolve, are encoded too.
[[nodiscard]] std::string percent_encode_segment(std::string_view text);

}  // namespace elit
