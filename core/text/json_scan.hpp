#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Reads a JSON document without building a tree: every value is a view of its bytes, without surrounding blanks. No
// function throws or recurses; all take time linear in the size of the text.
namespace elit {

// Deeper nesting is an error.
inline constexpr std::size_t json_depth_max = 128;

enum class JsonKind { null, boolean, number, string, array, object };

[[nodiscard]] const char* to_string(JsonKind kind);

// The kind of a value according to its first character. Requires: `value` is a value of a checked document. An invalid
// scalar, which json_skeleton_error accepts, counts as a number.
[[nodiscard]] JsonKind json_kind(std::string_view value);

// Whether `text` is exactly one JSON value (RFC 8259), possibly with blanks around it.
[[nodiscard]] bool is_json(std::string_view text);

// Like is_json, but checks only brackets, strings, commas and colons. It accepts invalid numbers, literals and escapes,
// so that one invalid element does not make its neighbours unreadable. Returns the offset of the first error; absent:
// there is none.
[[nodiscard]] std::optional<std::size_t> json_skeleton_error(std::string_view text);

// `text` without surrounding blanks.
[[nodiscard]] std::string_view json_trim(std::string_view text);

// The size of the string, number or literal at the start of `text`; 0 when there is none.
[[nodiscard]] std::size_t json_scalar_size(std::string_view text);

// Iterates over the elements of an array. Requires: `array` is an array of a checked document.
class JsonArrayReader {
 public:
  explicit JsonArrayReader(std::string_view array);
  // The next element; absent at the end.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

struct JsonMember {
  std::string_view key;  // with its quotes, as sent
  std::string_view value;
};

// Iterates over the members of an object in their order. Requires: `object` is an object of a checked document.
class JsonObjectReader {
 public:
  explicit JsonObjectReader(std::string_view object);
  // The next member; absent at the end.
  [[nodiscard]] std::optional<JsonMember> next();

 private:
  std::string_view rest_;
};

// The name in the quoted key `key`, with escapes decoded: a view of `key` or of `storage`.
[[nodiscard]] std::string_view json_key_name(std::string_view key, std::string& storage);

// The value of the member of that name, the last one if it is repeated. Absent when `object` is not an object or has no
// such member.
[[nodiscard]] std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

// All members in their order; empty when `value` is not an object.
[[nodiscard]] std::vector<JsonMember> json_members_of(std::string_view value);

// Finds the members with these names, all different, in one pass. Sets `values[i]` to json_member(object, names[i]);
// does not change it when that is absent.
void json_members(std::string_view object, std::span<const std::string_view> names,
                  std::span<std::optional<std::string_view>> values);
// The same for members that were read before.
void pick_json_members(std::span<const JsonMember> members, std::span<const std::string_view> names,
                       std::span<std::optional<std::string_view>> values);

// The value at an RFC 6901 pointer in `document`; the empty pointer names the whole document. Absent when there is no
// such value.
[[nodiscard]] std::optional<std::string_view> json_at_pointer(std::string_view document, std::string_view pointer);

}  // namespace elit
