#include "core/text/excerpt.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/text/utf8.hpp"

namespace elit {

std::string cut(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) {
    return to_utf8(text);
  }
  std::size_t size = size_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;
  }
  return to_utf8(text.substr(0, size)) + "…";
}

std::string excerpt(std::string_view text) {
  std::string line = cut(text, excerpt_size_max);
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  return line;
}

std::string code_word(std::string_view text) {
  constexpr std::size_t size_max = 60;
  const auto is_plain = [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  return text.size() <= size_max && std::all_of(text.begin(), text.end(), is_plain) ? std::string(text) : std::string{};
}

}  // namespace elit
