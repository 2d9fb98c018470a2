#include "core/text/json_text.hpp"

#include <algorithm>
#include <optional>

#include "core/ascii.hpp"
#include "core/text/plain_text.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t unicode_escape_size = 6;

bool is_json_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}
bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// The UTF-16 unit of the `\uXXXX` at the start of `text`; absent when there is no such escape.
std::optional<char32_t> unicode_escape(std::string_view text) {
  if (text.size() < unicode_escape_size || text[0] != '\\' || text[1] != 'u') {
    return std::nullopt;
  }
  char32_t unit = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = hex_value(c);
    if (digit < 0) {
      return std::nullopt;
    }
    unit = unit << 4U | static_cast<char32_t>(digit);
  }
  return unit;
}

void append_unicode_escape(std::string& out, char control) {
  out += "\\u00";
  append_hex(out, static_cast<unsigned char>(control));
}

// Copies valid parts and replaces invalid ones. The copy begins only at the first replacement.
class Repairer {
 public:
  Repairer(std::string_view text, std::string& storage) : text_(text), storage_(storage) { storage_.clear(); }

  std::string_view run() {
    while (place_ < text_.size()) {
      if (!in_string_) {
        skip_structure();
      }
      if (place_ < text_.size()) {
        step();
      }
    }
    if (!repaired_) {
      return text_;
    }
    storage_.append(text_.substr(copied_));
    return storage_;
  }

 private:
  void skip_structure() {
    std::size_t place = place_;
    while (place < text_.size() && text_[place] != '"' && static_cast<unsigned char>(text_[place]) < 0x80) {
      ++place;
    }
    place_ = place;
  }

  void step() {
    const char c = text_[place_];
    if (static_cast<unsigned char>(c) >= 0x80) {
      step_multibyte();
    } else if (c == '"') {
      in_string_ = !in_string_;
      ++place_;
      if (in_string_) {
        place_ += json_plain_ascii_size(text_.substr(place_));
      }
    } else if (in_string_ && c == '\\') {
      step_escape();
    } else if (in_string_ && is_json_control(c)) {
      begin_replacement(1);
      append_unicode_escape(storage_, c);
    } else {
      place_ += in_string_ ? std::max<std::size_t>(1, json_plain_ascii_size(text_.substr(place_))) : 1;
    }
  }

  void step_multibyte() {
    const std::string_view rest = text_.substr(place_);
    const std::size_t size = utf8_character_size(rest);
    if (size != 0) {
      place_ += size;
      return;
    }
    begin_replacement(utf8_ill_formed_size(rest));
    storage_ += replacement_character;
  }

  void step_escape() {
    const std::string_view rest = text_.substr(place_);
    const std::optional<char32_t> unit = unicode_escape(rest);
    if (!unit) {
      // The escaped character itself is left to the next step unless it would be taken for a quote or another escape.
      place_ += rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\') ? 2 : 1;
      return;
    }
    if (is_high_surrogate(*unit)) {
      const std::optional<char32_t> second = unicode_escape(rest.substr(unicode_escape_size));
      if (second && is_low_surrogate(*second)) {
        place_ += 2 * unicode_escape_size;
        return;
      }
    }
    if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) {
      begin_replacement(unicode_escape_size);
      storage_ += "\\ufffd";
      return;
    }
    place_ += unicode_escape_size;
  }

  // Copies the pending bytes and skips the next `size` bytes. The caller then appends their replacement.
  void begin_replacement(std::size_t size) {
    if (!repaired_) {
      repaired_ = true;
      storage_.reserve(text_.size() + text_.size() / 8);
    }
    storage_.append(text_.substr(copied_, place_ - copied_));
    place_ += size;
    copied_ = place_;
  }

  std::string_view text_;
  std::string& storage_;
  std::size_t place_ = 0;
  std::size_t copied_ = 0;
  bool in_string_ = false;
  bool repaired_ = false;
};

}  // namespace

std::string_view repair_json(std::string_view text, std::string& storage) {
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  return Repairer(text, storage).run();
}

namespace {

// The number of ASCII characters at the start of `text` that need no escape in a JSON string.
std::size_t plain_size(std::string_view text) {
  return std::min(text.substr(0, json_plain_ascii_size(text)).find('\x7F'), json_plain_ascii_size(text));
}

}  // namespace

void append_json_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t plain = plain_size(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) {
      break;
    }
    const char c = text.front();
    const std::size_t size = utf8_character_size(text);
    if (size == 0) {
      out += replacement_character;
      text.remove_prefix(utf8_ill_formed_size(text));
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_json_control(c) || c == '\x7F') {
      append_unicode_escape(out, c);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  out += '"';
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_quoted(out, text);
  return out;
}

namespace {

// Appends the character of the escape at the start of `text` and returns the size of the escape.
std::size_t append_unescaped(std::string& out, std::string_view text) {
  const std::optional<char32_t> unit = unicode_escape(text);
  if (unit) {
    if (is_high_surrogate(*unit)) {
      const std::optional<char32_t> second = unicode_escape(text.substr(unicode_escape_size));
      if (second && is_low_surrogate(*second)) {
        append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10U) + (*second - 0xDC00));
        return 2 * unicode_escape_size;
      }
    }
    if (is_high_surrogate(*unit) || is_low_surrogate(*unit)) {
      out += replacement_character;
    } else {
      append_utf8(out, *unit);
    }
    return unicode_escape_size;
  }
  constexpr std::string_view names = "bfnrt";
  constexpr std::string_view meanings = "\b\f\n\r\t";
  if (text.size() < 2) {
    return 1;
  }
  const std::size_t place = names.find(text[1]);
  out += place == std::string_view::npos ? text[1] : meanings[place];
  return 2;
}

}  // namespace

std::string json_unquote(std::string_view quoted) {
  std::string_view text = quoted;
  if (text.size() >= 2) {
    text = text.substr(1, text.size() - 2);
  }
  if (json_plain_ascii_size(text) == text.size()) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) {
      text.remove_prefix(append_unescaped(out, text));
    }
  }
  return is_utf8(out) ? out : to_utf8(out);
}

}  // namespace elit
