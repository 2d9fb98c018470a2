#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/text/json_scan.hpp"

namespace elit::elitbuzz {

// Finds the array that holds the list: the document itself, or the member named by one of `keys`, tried in their order,
// also inside the vendor's wrapper objects. A filled array is preferred to an empty one. An empty one counts only if no
// key before it holds null. Absent: the shape is unknown. Requires: `document` passed
// json_skeleton_error; `members` are its own if it is an object.
[[nodiscard]] std::optional<std::string_view> find_list(std::string_view document, std::span<const JsonMember> members,
                                                        std::span<const std::string_view> keys);

// Describes the structure of a body that was not understood, for people who search for the reason: keys and kinds
// without values, without keys as long as a sentence and without keys that look like phone numbers. For example `object
// with keys responseObject(boolean)`.
[[nodiscard]] std::string describe_structure(std::string_view body);

}  // namespace elit::elitbuzz
