#include "core/text/utf8.hpp"

#include <algorithm>

#include "core/text/plain_text.hpp"

namespace elit {
namespace {

unsigned byte_at(std::string_view text, std::size_t place) {
  return static_cast<unsigned char>(text[place]);
}

struct Lead {
  std::size_t size = 0;  // bytes of the character; 0: no character begins with this byte
  unsigned second_min = 0x80;
  unsigned second_max = 0xBF;
};

// Table 3-7 of the Unicode standard: the second byte excludes overlong forms, surrogates and what is above U+10FFFF.
Lead lead_of(unsigned byte) {
  if (byte < 0x80) {
    return {1, 0, 0};
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    return {2, 0x80, 0xBF};
  }
  if (byte >= 0xE0 && byte <= 0xEF) {
    return {3, byte == 0xE0 ? 0xA0U : 0x80U, byte == 0xED ? 0x9FU : 0xBFU};
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    return {4, byte == 0xF0 ? 0x90U : 0x80U, byte == 0xF4 ? 0x8FU : 0xBFU};
  }
  return {};
}

// The number of leading bytes of `text` that can form a character with its first byte.
std::size_t agreeing_size(std::string_view text, const Lead& lead) {
  if (lead.size == 0) {
    return 0;
  }
  std::size_t size = 1;
  for (; size < lead.size && size < text.size(); ++size) {
    const unsigned byte = byte_at(text, size);
    const unsigned low = size == 1 ? lead.second_min : 0x80U;
    const unsigned high = size == 1 ? lead.second_max : 0xBFU;
    if (byte < low || byte > high) {
      break;
    }
  }
  return size;
}

}  // namespace

std::size_t utf8_character_size(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const Lead lead = lead_of(byte_at(text, 0));
  return agreeing_size(text, lead) == lead.size ? lead.size : 0;
}

std::size_t utf8_ill_formed_size(std::string_view text) {
  return std::max<std::size_t>(1, agreeing_size(text, lead_of(byte_at(text, 0))));
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t ascii = ascii_size(text);
    if (ascii == text.size()) {
      return true;
    }
    text.remove_prefix(ascii);
    while (!text.empty() && byte_at(text, 0) >= 0x80) {
      const std::size_t size = utf8_character_size(text);
      if (size == 0) {
        return false;
      }
      text.remove_prefix(size);
    }
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = utf8_character_size(text);
    if (size != 0) {
      out.append(text.substr(0, size));
      text.remove_prefix(size);
    } else {
      out.append(replacement_character);
      text.remove_prefix(utf8_ill_formed_size(text));
    }
  }
  return out;
}

void append_utf8(std::string& out, char32_t character) {
  const auto append = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (character < 0x80) {
    append(character);
  } else if (character < 0x800) {
    append(0xC0U | character >> 6U);
    append(0x80U | (character & 0x3FU));
  } else if (character < 0x10000) {
    append(0xE0U | character >> 12U);
    append(0x80U | (character >> 6U & 0x3FU));
    append(0x80U | (character & 0x3FU));
  } else {
    append(0xF0U | character >> 18U);
    append(0x80U | (character >> 12U & 0x3FU));
    append(0x80U | (character >> 6U & 0x3FU));
    append(0x80U | (character & 0x3FU));
  }
}

}  // namespace elit
