#include "config/yaml/text_scan.hpp"

#include <algorithm>
#include <string_view>

namespace elit::config {
namespace {

unsigned at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

bool is_continuation(unsigned byte) {
  return (byte & 0xC0U) == 0x80U;
}

// The length of the UTF-8 sequence at `index`, 0 when it is none: overlong forms, surrogates and code points above
// U+10FFFF are none.
std::size_t sequence_length(std::string_view text, std::size_t index) {
  const unsigned first = at(text, index);
  const unsigned second = at(text, index + 1);
  if (first < 0x80U) {
    return 1;
  }
  if (first >= 0xC2U && first <= 0xDFU) {
    return is_continuation(second) ? 2 : 0;
  }
  if (first >= 0xE0U && first <= 0xEFU) {
    const bool overlong = first == 0xE0U && second < 0xA0U;
    const bool surrogate = first == 0xEDU && second >= 0xA0U;
    return is_continuation(second) && is_continuation(at(text, index + 2)) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const bool overlong = first == 0xF0U && second < 0x90U;
    const bool beyond = first == 0xF4U && second >= 0x90U;
    const bool continued =
        is_continuation(second) && is_continuation(at(text, index + 2)) && is_continuation(at(text, index + 3));
    return continued && !overlong && !beyond ? 4 : 0;
  }
  return 0;
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
    const std::size_t length = sequence_length(text, offset);
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
