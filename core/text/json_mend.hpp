#pragma once

#include <string>
#include <string_view>

namespace elit {

// `value` with each number, word and string that is no JSON replaced by a string that shows it: NaN becomes "NaN", a
// backslash that escapes nothing is doubled. Requires: `value` is a value of a document that passed
// json_skeleton_error.
[[nodiscard]] std::string mend_json(std::string_view value);

}  // namespace elit
