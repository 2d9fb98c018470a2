#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace elit {

// A regular expression in the syntax of RE2 (no look-around, no back-references), compiled once. A search takes time
// linear in the text, whatever the pattern. Text is read as UTF-8: bytes that are no UTF-8 match nothing, not even `.`.
// A value; copies share the compiled form, and threads may search with it at the same time.
class Pattern {
 public:
  static constexpr std::size_t size_max = 500;  // bytes

  explicit Pattern(std::string_view text);

  // Empty for a regular expression of 1 to `size_max` bytes; else what is wrong with it, as a predicate: "is empty".
  [[nodiscard]] std::string error() const;

  // Whether it matches somewhere in the text. A pattern with an error matches nothing.
  [[nodiscard]] bool matches(std::string_view text) const;

  // The first group of the first match, or the whole match of a pattern without groups. Absent without a match, and
  // when the group took no part in it.
  [[nodiscard]] std::optional<std::string> first_group(std::string_view text) const;

  // Whether both have the same text.
  bool operator==(const Pattern& other) const;

 private:
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace elit
