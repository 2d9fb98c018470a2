#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace elit {

// A regular expression in the syntax of RE2 (no look-around, no back-references), compiled once. With any pattern a
// search takes time linear in the text. Text is read as UTF-8: bytes that are not UTF-8 do not match anything, not even
// `.`. Copies share the compiled form. Thread-safe for searches.
class Pattern {
 public:
  static constexpr std::size_t size_max = 500;  // bytes

  explicit Pattern(std::string_view text);

  // Empty for a valid regular expression of 1 to `size_max` bytes; otherwise what is wrong, as a predicate: "is empty".
  [[nodiscard]] std::string error() const;

  // Whether the pattern matches somewhere in the text. A pattern with an error never matches.
  [[nodiscard]] bool matches(std::string_view text) const;

  // The first group of the first match, or the whole match if the pattern has no groups. Absent without a match, and
  // when the group is not part of the match.
  [[nodiscard]] std::optional<std::string> first_group(std::string_view text) const;

  // Whether both have the same text.
  bool operator==(const Pattern& other) const;

 private:
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace elit
