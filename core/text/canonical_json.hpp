#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace elit {

// Returns the same text for all JSON texts of one value: no blanks, members sorted by key (the last of repeated ones
// counts), one form for equal numbers (1, 1.0 and 1e0) and for equal strings. The result is JSON, except that numbers
// are written as digits and exponent. The keys of messages depend on it: it must never change. Requires:
// is_json(value).
[[nodiscard]] std::string canonical_json(std::string_view value);

// The same with `map(text)` in place of each string that is a value; keys stay as they are.
using TextMap = std::function<std::string(std::string text)>;
[[nodiscard]] std::string canonical_json(std::string_view value, const TextMap& map);

}  // namespace elit
