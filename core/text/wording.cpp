#include "core/text/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/text/utf8.hpp"

namespace elit {
namespace {

// The code points from first to last that a person could overlook or take for others.
constexpr std::array<std::pair<char32_t, char32_t>, 13> overlooked{{
    {0x00, 0x1F},      // control
    {0x22, 0x22},      // the quote around the text
    {0x5C, 0x5C},      // the backslash of the escapes
    {0x7F, 0xA0},      // control, no-break space
    {0xAD, 0xAD},      // soft hyphen
    {0x034F, 0x034F},  // grapheme joiner
    {0x1680, 0x1680},  // Ogham space
    {0x2000, 0x2015},  // spaces, marks of direction, dashes
    {0x2018, 0x201F},  // typographic quotes
    {0x2028, 0x202F},  // separators, marks of direction
    {0x205F, 0x2064},  // spaces without width
    {0x3000, 0x3000},  // ideographic space
    {0xFEFF, 0xFEFF},  // byte order mark
}};

char32_t code_point(std::string_view character) {
  constexpr std::array<unsigned char, 5> first_byte_bits{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = static_cast<unsigned char>(character[0]) & first_byte_bits.at(character.size());
  for (const char next : character.substr(1)) {
    value = value << 6U | (static_cast<unsigned char>(next) & 0x3FU);
  }
  return value;
}

bool is_overlooked(char32_t character) {
  return std::any_of(overlooked.begin(), overlooked.end(),
                     [&](const auto& span) { return character >= span.first && character <= span.second; });
}

}  // namespace

std::string counted(std::int64_t count, std::string_view one, std::string_view several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::string rough_duration(Milliseconds duration) {
  const std::int64_t seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(duration).count());
  if (seconds < 120) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 120 * 60) {
    return fmt::format("{} min", seconds / 60);
  }
  if (seconds < 48 * 3600) {
    return fmt::format("{} h", seconds / 3600);
  }
  return fmt::format("{} days", seconds / 86'400);
}

std::string quoted_text(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  const std::size_t last = text.find_last_not_of(' ');
  std::string out = "\"";
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t size = utf8_character_size(text.substr(place));
    if (size == 0) {
      out += fmt::format("\\x{{{:02x}}}", static_cast<unsigned char>(text[place]));
      ++place;
      continue;
    }
    const std::string_view character = text.substr(place, size);
    const char32_t value = code_point(character);
    const bool at_an_end = character == " " && (first == std::string_view::npos || place < first || place > last);
    out += at_an_end || is_overlooked(value) ? fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(value))
                                             : std::string(character);
    place += size;
  }
  return out + '"';
}

}  // namespace elit
