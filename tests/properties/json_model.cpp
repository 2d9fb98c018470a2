#include "tests/properties/json_model.hpp"

#include <cstdio>
#include <cstdlib>

namespace elit::properties {
namespace {

using Kind = JsonModel::Kind;

// Characters that need an escape or may have one, of one to four bytes, of one and two UTF-16 units, and the ends of
// ranges.
constexpr std::u32string_view characters =
    U"ab01 \"\\/\n\t\r\b\f\u0001\u001F\u007F\u0080\u00E9\u07FF\u0800\u2028\uD7FF\uE000\uFFFD"
    U"\U00010000\U0001F600\U0010FFFF";

void append_utf8(std::string& out, char32_t character) {
  const auto tail = [&out, character](unsigned shift) {
    out += static_cast<char>(0x80U | (character >> shift & 0x3FU));
  };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | character >> 6U);
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | character >> 12U);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | character >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

void append_unit(std::string& out, unsigned unit, bool upper) {
  char text[8];
  std::snprintf(text, sizeof(text), upper ? "\\u%04X" : "\\u%04x", unit);
  out += text;
}

void append_escaped(std::string& out, char32_t character, Choices& choices) {
  constexpr std::u32string_view named = U"\"\\/\b\f\n\r\t";
  const std::size_t place = named.find(character);
  if (place != std::u32string_view::npos && !choices.chance(3)) {
    out += '\\';
    out += "\"\\/bfnrt"[place];
    return;
  }
  const bool upper = choices.chance(2);
  if (character < 0x10000) {
    append_unit(out, character, upper);
  } else {
    append_unit(out, 0xD800U + ((character - 0x10000U) >> 10U), upper);
    append_unit(out, 0xDC00U + ((character - 0x10000U) & 0x3FFU), upper);
  }
}

std::string blanks(Choices& choices) {
  return choices.chance(6) ? choices.one_of<const char*>({" ", "\n", "\t ", "\r\n  "}) : "";
}

std::string number(const JsonModel& value, Choices& choices) {
  std::string digits = std::to_string(std::abs(value.digits));
  int exponent = value.exponent;
  for (int zeros = value.digits != 0 && choices.chance(3) ? choices.number(1, 3) : 0; zeros > 0; --zeros) {
    digits += '0';
    --exponent;
  }
  std::string text = value.digits < 0 || (value.digits == 0 && choices.chance(4)) ? "-" : "";
  int behind_point = choices.chance(2) ? choices.number(0, 4) : 0;
  exponent += behind_point;
  if (exponent != 0 && choices.chance(2) && exponent < 0 && exponent > -8) {
    behind_point -= exponent;  // as a plain decimal number
    exponent = 0;
  }
  while (static_cast<int>(digits.size()) <= behind_point) {
    digits.insert(digits.begin(), '0');
  }
  text += digits.substr(0, digits.size() - static_cast<std::size_t>(behind_point));
  if (behind_point > 0) {
    text += "." + digits.substr(digits.size() - static_cast<std::size_t>(behind_point));
  }
  if (exponent != 0 || choices.chance(6)) {
    text += choices.one_of({"e", "E"});
    text += exponent < 0 ? "-" : choices.one_of({"", "+"});
    text += (choices.chance(4) ? "0" : "") + std::to_string(std::abs(exponent));
  }
  return text;
}

std::string object(const JsonModel& value, Choices& choices) {
  std::vector<const std::pair<const std::u32string, JsonModel>*> members;
  for (const auto& member : value.members) {
    members.push_back(&member);
  }
  for (std::size_t i = members.size(); i > 1; --i) {
    std::swap(members[i - 1], members[i - 1 - choices.below(i)]);
  }
  std::string text = "{" + blanks(choices);
  for (const auto* member : members) {
    text += text.back() == '{' || member == members.front() ? "" : "," + blanks(choices);
    if (choices.chance(12)) {
      text += written(member->first, choices) + ":null" + blanks(choices) + ",";  // said again: the last one counts
    }
    text += written(member->first, choices) + blanks(choices) + ":" + blanks(choices);
    text += written(member->second, choices) + blanks(choices);
  }
  return text + "}";
}

std::string array(const JsonModel& value, Choices& choices) {
  std::string text = "[" + blanks(choices);
  for (const JsonModel& element : value.elements) {
    text += &element == &value.elements.front() ? "" : "," + blanks(choices);
    text += written(element, choices) + blanks(choices);
  }
  return text + "]";
}

}  // namespace

std::u32string text_from(Choices& choices) {
  std::u32string text;
  while (choices.more(2)) {
    text += characters[choices.below(characters.size())];
  }
  return text;
}

JsonModel json_from(Choices& choices, int depth) {
  JsonModel value;
  value.kind = choices.one_of({Kind::null, Kind::boolean, Kind::number, Kind::text, Kind::array, Kind::object});
  switch (value.kind) {
    case Kind::null:
      break;
    case Kind::boolean:
      value.flag = choices.chance(2);
      break;
    case Kind::number:
      value.digits = choices.number(0, 1) == 0 ? choices.number(0, 12) : choices.number(-99'999, 99'999);
      value.exponent = choices.one_of({0, 1, -1, 2, -3, 18, -20});
      for (; value.digits != 0 && value.digits % 10 == 0; value.digits /= 10) {
        ++value.exponent;
      }
      value.exponent = value.digits == 0 ? 0 : value.exponent;
      break;
    case Kind::text:
      value.text = text_from(choices);
      break;
    case Kind::array:
      while (depth > 0 && choices.more(2)) {
        value.elements.push_back(json_from(choices, depth - 1));
      }
      break;
    case Kind::object:
      while (depth > 0 && choices.more(2)) {
        std::u32string key = text_from(choices);
        value.members[std::move(key)] = json_from(choices, depth - 1);
      }
      break;
  }
  return value;
}

std::string written(std::u32string_view text, Choices& choices) {
  const int escapes = choices.chance(2) ? 4 : 1'000;
  std::string out = "\"";
  for (const char32_t character : text) {
    const bool must = character < 0x20 || character == U'"' || character == U'\\';
    if (must || choices.chance(escapes)) {
      append_escaped(out, character, choices);
    } else {
      append_utf8(out, character);
    }
  }
  return out + "\"";
}

std::string to_utf8_bytes(std::u32string_view text) {
  std::string out;
  for (const char32_t character : text) {
    append_utf8(out, character);
  }
  return out;
}

std::string written(const JsonModel& value, Choices& choices) {
  switch (value.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.flag ? "true" : "false";
    case Kind::number:
      return number(value, choices);
    case Kind::text:
      return written(value.text, choices);
    case Kind::array:
      return array(value, choices);
    case Kind::object:
      break;
  }
  return object(value, choices);
}

}  // namespace elit::properties
