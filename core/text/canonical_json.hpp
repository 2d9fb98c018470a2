#pragma once

#include <string>
#include <string_view>

namespace elit {

// One text for all JSON texts of the same value: no blanks, members sorted by key (the last of repeated ones counts),
// equal numbers written alike (1, 1.0 and 1e0), strings escaped alike. It is JSON except that numbers are written as
// digits and exponent. This is part of how messages are named: it must never change. Requires: is_json(value).
[[nodiscard]] std::string canonical_json(std::string_view value);

}  // namespace elit
