#include "config/yaml/text_scan.hpp"

#include <algorithm>
#include <string_view>

#include "core/text/utf8.hpp"

namespace elit::config {
namespace {

unsigned at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

bool is_forbidden_control(unsigned byte) {
  return (byte < 0x20U && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7FU;
}

}  // namespace

Lines::Lines(const std::string& text) : text_(text), starts_{0} {
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    if (text[offset] == '\n') {
      starts_.push_back(offset + 1);
    }
  }
}

Place Lines::place(int line, int byte) const {
  const std::size_t row = std::min(static_cast<std::size_t>(std::max(line, 0)), starts_.size() - 1);
  const std::size_t offset = starts_[row] + static_cast<std::size_t>(std::max(byte, 0));
  const std::size_t row_end = row + 1 < starts_.size() ? starts_[row + 1] : text_.size();
  int column = 1;
  for (std::size_t index = starts_[row]; index < std::min(offset, row_end); ++index) {
    column += is_continuation(at(text_, index)) ? 0 : 1;
  }
  return {static_cast<int>(row) + 1, column};
}

Place Lines::place_of_offset(std::size_t offset) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto row = static_cast<std::size_t>(next - starts_.begin()) - 1;
  return place(static_cast<int>(row), static_cast<int>(offset - starts_[row]));
}

std::size_t Lines::offset_of(Place place) const {
  const std::size_t row = std::min(static_cast<std::size_t>(std::max(place.line - 1, 0)), starts_.size() - 1);
  std::size_t offset = starts_[row];
  for (int column = 1; column < place.column && offset < text_.size(); ++column) {
    ++offset;
    while (is_continuation(at(text_, offset))) {
      ++offset;
    }
  }
  return offset;
}

std::optional<TextTrouble> scan_text(const std::string& text, const Lines& lines) {
  bool indentation = true;
  for (std::size_t offset = 0; offset < text.size();) {
    const unsigned byte = at(text, offset);
    const std::size_t length = utf8_character_size(std::string_view(text).substr(offset));
    if (length == 0) {
      return TextTrouble{lines.place_of_offset(offset), "is not valid UTF-8: save the file as UTF-8"};
    }
    if (is_forbidden_control(byte)) {
      return TextTrouble{lines.place_of_offset(offset), "a control character stands here: remove it"};
    }
    if (byte == '\t' && indentation) {
      return TextTrouble{lines.place_of_offset(offset), "a tab stands in the indentation: use spaces"};
    }
    indentation = byte == '\n' || (indentation && byte == ' ');
    offset += length;
  }
  return std::nullopt;
}

}  // namespace elit::config
