#pragma once

#include <algorithm>
#include <string>
#include <string_view>

// Character classes, hex digits and trimming in ASCII, independent of the locale.
namespace elit {

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
// A-Z, a-z and 0-9.
[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

// The bytes 0x00 to 0x1F and 0x7F.
[[nodiscard]] constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7F';
}

// False for an empty text.
[[nodiscard]] constexpr bool is_all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// The value of a hex digit in either case; -1 for another character.
[[nodiscard]] constexpr int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  const bool is_hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  return is_hex ? (c | 0x20) - 'a' + 10 : -1;
}

enum class HexCase { lower, upper };

// Appends the byte as two hex digits.
inline void append_hex(std::string& out, unsigned char byte, HexCase letters = HexCase::lower) {
  const std::string_view digits = letters == HexCase::lower ? "0123456789abcdef" : "0123456789ABCDEF";
  out += digits[byte >> 4U];
  out += digits[byte & 0xFU];
}

// The text without leading and trailing characters of `blanks`.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n") {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace elit
