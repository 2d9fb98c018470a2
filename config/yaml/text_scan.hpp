#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/yaml/diagnostic.hpp"

namespace elit::config {

// The beginnings of the lines of a text, to turn byte columns into columns a person counts. Keeps a reference: `text`
// must outlive it.
class Lines {
 public:
  explicit Lines(const std::string& text);

  // `line` and `byte` count from 0; places outside the text are moved to its nearest end.
  [[nodiscard]] Place place(int line, int byte) const;
  [[nodiscard]] Place place_of_offset(std::size_t offset) const;
  // The byte at a place of this text.
  [[nodiscard]] std::size_t offset_of(Place place) const;

 private:
  const std::string& text_;
  std::vector<std::size_t> starts_;
};

struct TextTrouble {
  Place place;
  std::string what;
};

// The first thing that makes `text` unfit for a YAML parser: invalid UTF-8, NUL and other control characters (one of
// which yaml-cpp takes for the end of the file), a tab as indentation. Absent: none.
[[nodiscard]] std::optional<TextTrouble> scan_text(const std::string& text, const Lines& lines);

}  // namespace elit::config
