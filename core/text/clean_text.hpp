#pragma once

#include <string>
#include <string_view>

namespace elit {

// Cleans any text for a record: valid UTF-8; all line breaks as \n; without NUL, other control characters except tabs,
// and noncharacter code points. If a line opens a direction of writing and does not close it, it is closed at the end
// of the line, so that it does not reverse the following text.
[[nodiscard]] std::string clean_text(std::string_view text);

// The same for one line: line breaks become blanks, and blanks at the ends are removed.
[[nodiscard]] std::string clean_line(std::string_view text);

}  // namespace elit
