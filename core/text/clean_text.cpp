#include "core/text/clean_text.hpp"

#include <cstddef>

#include "core/ascii.hpp"
#include "core/text/text_length.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

constexpr std::string_view pop_direction = "\u202C";
constexpr std::string_view pop_isolate = "\u2069";
// A line that opens more directions than this is treated as abuse; further openings are left out.
constexpr std::size_t open_max = 32;

// U+0085, U+2028 and U+2029 end lines too.
bool ends_line(std::string_view character) {
  return character == "\n" || character == "\r" || character == "\u0085" || character == "\u2028" ||
         character == "\u2029";
}

bool is_unwanted(std::string_view character) {
  if (character.size() == 1) {
    return is_control(character[0]) && character != "\t";
  }
  const bool c1_control =
      character.size() == 2 && character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
  return c1_control || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF" || character == "\uFEFF";
}

// Cleans a text line by line and closes the directions that a line leaves open.
class Cleaner {
 public:
  void add(std::string_view character) {
    if (is_unwanted(character)) {
      return;
    }
    if (const std::string_view closing = closing_of(character); !closing.empty()) {
      if (open_.size() == open_max * pop_direction.size()) {
        return;
      }
      open_.insert(0, closing);
    } else if (open_.starts_with(character)) {
      open_.erase(0, character.size());
    } else if (character == pop_direction || character == pop_isolate) {
      return;  // nothing is open
    }
    text_ += character;
  }

  void end_line() {
    text_ += open_;
    open_.clear();
  }

  void add_line_break() {
    end_line();
    text_ += '\n';
  }

  std::string take() {
    end_line();
    return std::move(text_);
  }

 private:
  // The character that ends the direction which `character` opens; empty if it opens none.
  static std::string_view closing_of(std::string_view character) {
    // Written as bytes: U+202A, B, D, E and U+2066 to 2068 themselves would reverse the text of this file in an editor.
    if (character == "\xE2\x80\xAA" || character == "\xE2\x80\xAB" || character == "\xE2\x80\xAD" ||
        character == "\xE2\x80\xAE") {
      return pop_direction;
    }
    const bool isolates = character == "\xE2\x81\xA6" || character == "\xE2\x81\xA7" || character == "\xE2\x81\xA8";
    return isolates ? pop_isolate : std::string_view();
  }

  std::string text_;
  std::string open_;  // the closing characters of the open directions, the innermost first
};

}  // namespace

std::string clean_text(std::string_view text) {
  const std::string valid = to_utf8(text);
  std::string_view rest = valid;
  Cleaner cleaner;
  while (!rest.empty()) {
    const std::string_view character = rest.substr(0, character_size(rest));
    const bool first_of_two = rest.starts_with("\r\n");
    rest.remove_prefix(character.size());
    if (first_of_two) {
      continue;
    }
    if (ends_line(character)) {
      cleaner.add_line_break();
    } else {
      cleaner.add(character);
    }
  }
  return cleaner.take();
}

std::string clean_line(std::string_view text) {
  std::string line = clean_text(text);
  for (char& c : line) {
    c = c == '\n' || c == '\t' ? ' ' : c;
  }
  return std::string(trimmed(line, " "));
}

}  // namespace elit
