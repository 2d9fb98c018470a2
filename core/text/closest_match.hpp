#pragma once

#include <optional>
#include <string>
#include <vector>

namespace elit {

// The one of `known` that `word` was most likely meant to be: equal but for case and separators, or at most three edits
// away (one edit for short words). Absent when none is close.
[[nodiscard]] std::optional<std::string> closest_match(const std::string& word, const std::vector<std::string>& known);

}  // namespace elit
