#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/properties/choices.hpp"

namespace elit::properties {

// The meaning of a JSON value, independent of its spelling.
struct JsonModel {
  enum class Kind { null, boolean, number, text, array, object };

  Kind kind = Kind::null;
  bool flag = false;
  int digits = 0;    // of a number: digits * 10^exponent, without trailing zeros in the digits
  int exponent = 0;  // 0 when the digits are
  std::u32string text;
  std::vector<JsonModel> elements;
  std::map<std::u32string, JsonModel> members;

  bool operator==(const JsonModel&) const = default;
};

[[nodiscard]] std::u32string text_from(Choices& choices);
// `depth`: how many levels of arrays and objects it may have.
[[nodiscard]] JsonModel json_from(Choices& choices, int depth);

// One of the possible spellings: blanks, the order of members, escapes and the form of numbers vary.
[[nodiscard]] std::string written(const JsonModel& value, Choices& choices);
[[nodiscard]] std::string written(std::u32string_view text, Choices& choices);
[[nodiscard]] std::string to_utf8_bytes(std::u32string_view text);

}  // namespace elit::properties
