#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Walking a JSON document without building a tree: every value is a view of its exact bytes, without surrounding
// blanks. No function throws or recurses; all are linear in the text they are given.
namespace elit {

// Nesting deeper than this is refused.
inline constexpr std::size_t json_depth_max = 128;

enum class JsonKind { null, boolean, number, string, array, object };

[[nodiscard]] const char* to_string(JsonKind kind);

// The kind a value's first character promises. Requires: `value` is a value of a checked document. A scalar that is no
// JSON (a document checked only for its skeleton may hold some) counts as a number.
[[nodiscard]] JsonKind json_kind(std::string_view value);

// Whether `text` is exactly one JSON value (RFC 8259), with blanks around it.
[[nodiscard]] bool is_json(std::string_view text);

// Like is_json, but only brackets, strings, commas and colons are judged: a bad number, literal or escape passes, so
// that one bad element does not take its neighbours along. Returns the place of the first error; absent when there is
// none.
[[nodiscard]] std::optional<std::size_t> json_skeleton_error(std::string_view text);

// The value in `text` without surrounding blanks.
[[nodiscard]] std::string_view json_trim(std::string_view text);

// The size of the string, number or literal at the start of `text`; 0 when there is none.
[[nodiscard]] std::size_t json_scalar_size(std::string_view text);

// Goes through the elements of an array. Requires: `array` is an array of a checked document.
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

// Goes through the members of an object in their order. Requires: `object` is an object of a checked document.
class JsonObjectReader {
 public:
  explicit JsonObjectReader(std::string_view object);
  // The next member; absent at the end.
  [[nodiscard]] std::optional<JsonMember> next();

 private:
  std::string_view rest_;
};

// What the quoted key `key` says, whatever its escapes: a view of it or of `storage`.
[[nodiscard]] std::string_view json_key_name(std::string_view key, std::string& storage);

// The member of that name, the last one when it is repeated; absent when `object` is no object or has none.
[[nodiscard]] std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

// All members in their order; none when `value` is no object.
[[nodiscard]] std::vector<JsonMember> json_members_of(std::string_view value);

// The members of these different names, found in one pass: `values[i]` is set as json_member(object, names[i]) would
// return it, and left alone when that is absent.
void json_members(std::string_view object, std::span<const std::string_view> names,
                  std::span<std::optional<std::string_view>> values);
// The same from members that were read before.
void pick_json_members(std::span<const JsonMember> members, std::span<const std::string_view> names,
                       std::span<std::optional<std::string_view>> values);

// What an RFC 6901 pointer names in `document`; the empty pointer names all of it. Absent when there is no such value.
[[nodiscard]] std::optional<std::string_view> json_at_pointer(std::string_view document, std::string_view pointer);

}  // namespace elit
