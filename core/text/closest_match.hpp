#pragma once

#include <optional>
#include <string>
#include <vector>

namespace elit {

// The element of `known` that `word` probably stands for: equal except for case and separators, or at most three edits
// away (one edit for short words). Absent when none is close.
[[nodiscard]] std::optional<std::string> closest_match(const std::string& word, const std::vector<std::string>& known);

}  // namespace elit
