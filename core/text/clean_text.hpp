#pragma once

#include <string>
#include <string_view>

namespace elit {

// Cleans any text for a record: valid UTF-8; all line breaks as \n; without NUL, other control characters except tabs,
// and code points that are no characters. If a line opens a direction of writing and does not close it, it is closed at
// the end of the line, so that it does not reverse the following text.
[[nodiscard]] std::string clean_text(std::string_view text);

// The same on one line, without blanks at its ends.
[[nodiscard]] std::string clean_line(std::string_view text);

}  // namespace elit
