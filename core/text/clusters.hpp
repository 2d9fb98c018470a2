#pragma once

#include <cstddef>
#include <string_view>

// What a person sees as one sign may be several code points: an emoji of a family, a flag, a letter with marks.
namespace elit {

// A cluster counts as one up to so many code points; a longer one is made to annoy, and may be cut.
inline constexpr int cluster_characters_max = 16;

// The bytes of the cluster at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t cluster_size(std::string_view text);

// The bytes of the code point at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t character_size(std::string_view text);

}  // namespace elit
