#pragma once

#include <cstddef>
#include <string_view>

// Grapheme clusters: one visible sign may be several code points, such as an emoji, a flag, or a letter with marks.
namespace elit {

// A cluster counts as one up to this many code points; longer clusters are treated as abuse and may be cut.
inline constexpr int cluster_characters_max = 16;

// The bytes of the cluster at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t cluster_size(std::string_view text);

// The bytes of the code point at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t character_size(std::string_view text);

}  // namespace elit
