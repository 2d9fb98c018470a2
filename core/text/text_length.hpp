#pragma once

#include <cstddef>
#include <string_view>

namespace elit {

enum class TextUnit {
  code_points,
  utf16,
  bytes,
  // Bytes once the text is written with HTML entities (&eacute; for é), as some programs store it. An upper bound: the
  // longest entity of each range of characters counts. It covers the filter look_alikes, too.
  entity_bytes,
};

// The length of valid UTF-8 in `unit`.
[[nodiscard]] std::size_t text_length(std::string_view text, TextUnit unit);
// The longest beginning of at most `length_max` units that ends between code points (and not inside a cluster, such as
// an emoji joined by U+200D, unless that would cost more than a few code points or leave nothing).
[[nodiscard]] std::string_view text_beginning(std::string_view text, std::size_t length_max, TextUnit unit);

// Grapheme clusters: one visible sign may be several code points, such as an emoji, a flag, or a letter with marks. A
// cluster counts as one up to this many code points; longer clusters are treated as abuse and may be cut.
inline constexpr int cluster_characters_max = 16;

// The bytes of the cluster at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t cluster_size(std::string_view text);

// The bytes of the code point at the start of `text`. Requires: `text` is not empty.
[[nodiscard]] std::size_t character_size(std::string_view text);

}  // namespace elit
