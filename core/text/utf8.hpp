#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace elit {

// U+FFFD in UTF-8. It replaces bytes that are not UTF-8.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

// The length in bytes, 1 to 4, of the well-formed character at the start of `text`; 0 when there is none.
[[nodiscard]] std::size_t utf8_character_size(std::string_view text);

// The number of bytes, at least 1, that one U+FFFD replaces at the start of an ill-formed `text` (the maximal subpart
// of the Unicode standard). Requires: utf8_character_size(text) == 0 and `text` is not empty.
[[nodiscard]] std::size_t utf8_ill_formed_size(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// `text` with every ill-formed part replaced by U+FFFD. NUL is an ordinary character.
[[nodiscard]] std::string to_utf8(std::string_view text);

// Appends the character. Requires: a Unicode scalar value, thus not a surrogate.
void append_utf8(std::string& out, char32_t character);

}  // namespace elit
