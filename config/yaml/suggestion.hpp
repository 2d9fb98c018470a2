#pragma once

#include <optional>
#include <string>
#include <vector>

namespace elit::config {

// The one of `known` that `word` most likely was meant to be: equal but for case and separators, or a few slips away.
// Absent when none is near.
[[nodiscard]] std::optional<std::string> closest_match(const std::string& word, const std::vector<std::string>& known);

}  // namespace elit::config
