#include "core/text/text_length.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "core/text/utf8.hpp"

// Measures texts in the units that CRMs use.
namespace elit {
namespace {

// The character at the start of a text that is not empty. A byte that does not begin a character counts as U+FFFD.
struct Character {
  char32_t value = 0xFFFD;
  std::size_t size = 1;
};

Character first_character(std::string_view text) {
  const std::size_t size = utf8_character_size(text);
  const auto byte = [&](std::size_t place) { return static_cast<char32_t>(static_cast<unsigned char>(text[place])); };
  switch (size) {
    case 0:
      return {0xFFFD, utf8_ill_formed_size(text)};
    case 1:
      return {byte(0), 1};
    case 2:
      return {(byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU), 2};
    case 3:
      return {(byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU), 3};
    default:
      return {(byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU), 4};
  }
}

constexpr char32_t joiner = 0x200D;

bool is_regional_indicator(char32_t character) {
  return character >= 0x1F1E6 && character <= 0x1F1FF;
}

// Whether the character belongs to the one before it: marks, variation selectors, skin tones, tags of flags, the
// joiner.
bool extends(char32_t character) {
  return character == joiner || (character >= 0xFE00 && character <= 0xFE0F) ||
         (character >= 0x1F3FB && character <= 0x1F3FF) || (character >= 0x0300 && character <= 0x036F) ||
         character == 0x20E3 || (character >= 0xE0020 && character <= 0xE007F);
}

std::size_t entity_bytes_of(const Character& character) {
  const char32_t value = character.value;
  if (value == '<' || value == '>') {
    return 8;  // &lsaquo;
  }
  if (value == '"' || value == '\'' || value == '&') {
    return 6;  // &quot; &#039;
  }
  const bool latin = value >= 0xA0 && value <= 0xFF;
  const bool beyond_latin = (value >= 0x152 && value <= 0x192) || (value >= 0x2C6 && value <= 0x2DC);
  if (latin || beyond_latin) {
    return 8;  // &Eacute; &Scaron;
  }
  if (value >= 0x370 && value <= 0x3FF) {
    return 10;  // &thetasym;
  }
  if (value >= 0x2000 && value <= 0x26FF) {
    return 9;  // &alefsym;
  }
  return character.size;
}

std::size_t units_of(const Character& character, TextUnit unit) {
  switch (unit) {
    case TextUnit::code_points:
      return 1;
    case TextUnit::utf16:
      return character.value >= 0x10000 ? 2 : 1;
    case TextUnit::bytes:
      return character.size;
    case TextUnit::entity_bytes:
      return entity_bytes_of(character);
  }
  return 1;
}

// The longest beginning of at most `length_max` units that ends between two characters.
std::string_view plain_beginning(std::string_view text, std::size_t length_max, TextUnit unit) {
  std::size_t size = 0;
  std::size_t length = 0;
  while (size < text.size()) {
    const Character character = first_character(text.substr(size));
    length += units_of(character, unit);
    if (length > length_max) {
      break;
    }
    size += character.size;
  }
  return text.substr(0, size);
}

}  // namespace

std::size_t character_size(std::string_view text) {
  return first_character(text).size;
}

std::size_t cluster_size(std::string_view text) {
  Character before = first_character(text);
  std::size_t size = before.size;
  bool flag = is_regional_indicator(before.value);
  for (int count = 1; count < cluster_characters_max && size < text.size(); ++count) {
    const Character next = first_character(text.substr(size));
    const bool second_of_flag = flag && is_regional_indicator(next.value);
    const bool joined = before.value == joiner && next.value >= 0x80;
    if (before.value < 0x20 || !(extends(next.value) || second_of_flag || joined)) {
      break;
    }
    flag = false;
    size += next.size;
    before = next;
  }
  return size;
}

std::size_t text_length(std::string_view text, TextUnit unit) {
  if (unit == TextUnit::bytes) {
    return text.size();
  }
  std::size_t length = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    length += units_of(character, unit);
    text.remove_prefix(character.size);
  }
  return length;
}

std::string_view text_beginning(std::string_view text, std::size_t length_max, TextUnit unit) {
  const std::string_view longest = plain_beginning(text, length_max, unit);
  if (longest.size() == text.size()) {
    return text;
  }
  std::size_t size = 0;
  while (size < longest.size()) {
    const std::size_t next = cluster_size(text.substr(size));
    if (size + next > longest.size()) {
      break;
    }
    size += next;
  }
  return size == 0 ? longest : longest.substr(0, size);
}

}  // namespace elit
