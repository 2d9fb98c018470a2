#include "core/text/json_scan.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <string>

#include "core/ascii.hpp"
#include "core/text/json_text.hpp"
#include "core/text/plain_text.hpp"

namespace elit {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_hex_digit(char c) {
  return hex_value(c) >= 0;
}

// Whether the character can be part of a number or literal, also of an invalid one.
bool is_scalar(char c) {
  return is_alphanumeric(c) || c == '-' || c == '+' || c == '.' || c == '_';
}

std::size_t skip_digits(std::string_view text, std::size_t place) {
  while (place < text.size() && is_digit(text[place])) {
    ++place;
  }
  return place;
}

bool is_json_number(std::string_view text) {
  std::size_t place = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t whole = place;
  place = skip_digits(text, place);
  if (place == whole || (text[whole] == '0' && place - whole > 1)) {
    return false;
  }
  if (place < text.size() && text[place] == '.') {
    const std::size_t fraction = place + 1;
    place = skip_digits(text, fraction);
    if (place == fraction) {
      return false;
    }
  }
  if (place < text.size() && (text[place] == 'e' || text[place] == 'E')) {
    std::size_t exponent = place + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) {
      ++exponent;
    }
    place = skip_digits(text, exponent);
    if (place == exponent) {
      return false;
    }
  }
  return place == text.size();
}

// The size of the escape at the start of `text`; 0 when it is incomplete or, if `strict`, not valid JSON.
std::size_t escape_size(std::string_view text, bool strict) {
  constexpr std::size_t unicode_escape_size = 6;
  if (text.size() < 2) {
    return 0;
  }
  if (!strict || text[1] != 'u') {
    return !strict || std::string_view("\"\\/bfnrt").find(text[1]) != std::string_view::npos ? 2 : 0;
  }
  const std::string_view digits = text.substr(2, unicode_escape_size - 2);
  return digits.size() == 4 && std::all_of(digits.begin(), digits.end(), is_hex_digit) ? unicode_escape_size : 0;
}

// The size of the string, with its quotes, at the start of `text`; 0 when it does not end or, if `strict`, is not valid
// JSON.
std::size_t string_size(std::string_view text, bool strict) {
  std::size_t place = 1;
  while (true) {
    place += json_plain_size(text.substr(place));
    if (place >= text.size()) {
      return 0;
    }
    const char c = text[place];
    if (c == '"') {
      return place + 1;
    }
    const std::size_t size = c == '\\' ? escape_size(text.substr(place), strict) : (strict ? 0 : 1);
    if (size == 0) {
      return 0;
    }
    place += size;
  }
}

std::size_t scalar_size(std::string_view text, bool strict) {
  std::size_t size = 0;
  while (size < text.size() && is_scalar(text[size])) {
    ++size;
  }
  const std::string_view scalar = text.substr(0, size);
  if (strict && scalar != "null" && scalar != "true" && scalar != "false" && !is_json_number(scalar)) {
    return 0;
  }
  return size;
}

// Checks one document. Stores only the kind of each open bracket.
class Checker {
 public:
  Checker(std::string_view text, bool strict) : text_(text), strict_(strict) {}

  // The offset of the first error; absent: there is none.
  std::optional<std::size_t> run() {
    if (!value()) {
      return place_;
    }
    while (depth_ > 0) {
      if (!after_value()) {
        return place_;
      }
    }
    skip_blanks();
    return place_ == text_.size() ? std::nullopt : std::optional(place_);
  }

 private:
  void skip_blanks() {
    while (place_ < text_.size() && is_blank(text_[place_])) {
      ++place_;
    }
  }

  [[nodiscard]] char peek() {
    skip_blanks();
    return place_ < text_.size() ? text_[place_] : '\0';
  }

  bool take(std::size_t size) {
    place_ += size;
    return size != 0;
  }

  // A scalar, or everything up to the first scalar inside brackets, or an empty pair of brackets.
  bool value() {
    while (true) {
      const char c = peek();
      if (c != '[' && c != '{') {
        return take(c == '"' ? string_size(text_.substr(place_), strict_) : scalar_size(text_.substr(place_), strict_));
      }
      if (depth_ == json_depth_max) {
        return false;
      }
      objects_[depth_++] = c == '{';
      ++place_;
      if (peek() == (c == '{' ? '}' : ']')) {
        ++place_;
        --depth_;
        return true;
      }
      if (c == '{' && !key()) {
        return false;
      }
    }
  }

  bool key() {
    if (peek() != '"' || !take(string_size(text_.substr(place_), strict_)) || peek() != ':') {
      return false;
    }
    ++place_;
    return true;
  }

  // After a value inside brackets: the closing bracket, or a comma and the next value.
  bool after_value() {
    const bool object = objects_[depth_ - 1];
    const char c = peek();
    if (c == (object ? '}' : ']')) {
      ++place_;
      --depth_;
      return true;
    }
    if (c != ',') {
      return false;
    }
    ++place_;
    return (!object || key()) && value();
  }

  std::string_view text_;
  bool strict_;
  std::size_t place_ = 0;
  std::size_t depth_ = 0;
  std::bitset<json_depth_max> objects_;
};

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

// The size of the value at the start of `text`, which belongs to a checked document.
std::size_t value_size(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  if (text.front() == '"') {
    return string_size(text, false);
  }
  if (text.front() != '[' && text.front() != '{') {
    return scalar_size(text, false);
  }
  std::size_t depth = 0;
  for (std::size_t place = 0; place < text.size();) {
    const char c = text[place];
    if (c == '"') {
      const std::size_t size = string_size(text.substr(place), false);
      if (size == 0) {
        return 0;
      }
      place += size;
      continue;
    }
    ++place;
    if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && --depth == 0) {
      return place;
    }
  }
  return 0;
}

// Consumes the value at the start of `rest` and the comma after it. Absent at the closing bracket.
std::optional<std::string_view> take_value(std::string_view& rest) {
  rest = without_leading_blanks(rest);
  const std::size_t size = value_size(rest);
  if (size == 0) {
    rest = {};
    return std::nullopt;
  }
  const std::string_view value = rest.substr(0, size);
  rest = without_leading_blanks(rest.substr(size));
  if (!rest.empty() && rest.front() == ',') {
    rest.remove_prefix(1);
  }
  return value;
}

std::string unescape_pointer_token(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      name += token[++i] == '0' ? '~' : '/';
    } else {
      name += token[i];
    }
  }
  return name;
}

std::optional<std::string_view> element_at(std::string_view array, std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size() || (token.size() > 1 && token.front() == '0')) {
    return std::nullopt;
  }
  JsonArrayReader reader(array);
  std::optional<std::string_view> element = reader.next();
  for (; element && index > 0; --index) {
    element = reader.next();
  }
  return element;
}

}  // namespace

const char* to_string(JsonKind kind) {
  constexpr std::array names{"null", "boolean", "number", "string", "array", "object"};
  return names[static_cast<std::size_t>(kind)];
}

JsonKind json_kind(std::string_view value) {
  if (value.starts_with('"')) {
    return JsonKind::string;
  }
  if (value.starts_with('[')) {
    return JsonKind::array;
  }
  if (value.starts_with('{')) {
    return JsonKind::object;
  }
  if (value == "null") {
    return JsonKind::null;
  }
  return value == "true" || value == "false" ? JsonKind::boolean : JsonKind::number;
}

bool is_json(std::string_view text) {
  return !Checker(text, true).run();
}

std::optional<std::size_t> json_skeleton_error(std::string_view text) {
  return Checker(text, false).run();
}

std::string_view json_trim(std::string_view text) {
  text = without_leading_blanks(text);
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::size_t json_scalar_size(std::string_view text) {
  return text.starts_with('"') ? string_size(text, false) : scalar_size(text, false);
}

JsonArrayReader::JsonArrayReader(std::string_view array) : rest_(array.empty() ? array : array.substr(1)) {}

std::optional<std::string_view> JsonArrayReader::next() {
  return take_value(rest_);
}

JsonObjectReader::JsonObjectReader(std::string_view object) : rest_(object.empty() ? object : object.substr(1)) {}

std::optional<JsonMember> JsonObjectReader::next() {
  const std::optional<std::string_view> key = take_value(rest_);
  if (!key || !rest_.starts_with(':')) {
    return std::nullopt;
  }
  rest_.remove_prefix(1);
  const std::optional<std::string_view> value = take_value(rest_);
  if (!value) {
    return std::nullopt;
  }
  return JsonMember{*key, *value};
}

std::string_view json_key_name(std::string_view key, std::string& storage) {
  const std::string_view inside = key.size() < 2 ? std::string_view() : key.substr(1, key.size() - 2);
  if (inside.find('\\') == std::string_view::npos) {
    return inside;
  }
  storage = json_unquote(key);
  return storage;
}

void json_members(std::string_view object, std::span<const std::string_view> names,
                  std::span<std::optional<std::string_view>> values) {
  if (json_kind(object) != JsonKind::object) {
    return;
  }
  JsonObjectReader reader(object);
  while (const std::optional<JsonMember> member = reader.next()) {
    pick_json_members({&*member, 1}, names, values);
  }
}

void pick_json_members(std::span<const JsonMember> members, std::span<const std::string_view> names,
                       std::span<std::optional<std::string_view>> values) {
  std::string storage;
  for (const JsonMember& member : members) {
    const auto name = std::find(names.begin(), names.end(), json_key_name(member.key, storage));
    if (name != names.end()) {
      values[static_cast<std::size_t>(name - names.begin())] = member.value;
    }
  }
}

std::vector<JsonMember> json_members_of(std::string_view value) {
  std::vector<JsonMember> members;
  if (json_kind(value) == JsonKind::object) {
    JsonObjectReader reader(value);
    while (const std::optional<JsonMember> member = reader.next()) {
      members.push_back(*member);
    }
  }
  return members;
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  json_members(object, {&name, 1}, {&found, 1});
  return found;
}

std::optional<std::string_view> json_at_pointer(std::string_view document, std::string_view pointer) {
  std::optional<std::string_view> value = json_trim(document);
  while (value && !pointer.empty()) {
    if (pointer.front() != '/') {
      return std::nullopt;
    }
    pointer.remove_prefix(1);
    const std::size_t size = std::min(pointer.find('/'), pointer.size());
    const std::string name = unescape_pointer_token(pointer.substr(0, size));
    pointer.remove_prefix(size);
    value = json_kind(*value) == JsonKind::array ? element_at(*value, name) : json_member(*value, name);
  }
  return value;
}

}  // namespace elit
