#pragma once

#include <string>
#include <string_view>

namespace elit {

// Anybody's text as it may stand in a record: valid UTF-8; line breaks of all kinds as \n; without NUL, other control
// characters but tabs, and code points that are no characters. Directions of writing that a line opens and does not
// close are closed at its end, so that they do not turn round what follows.
[[nodiscard]] std::string clean_text(std::string_view text);

// The same on one line, without blanks around it.
[[nodiscard]] std::string clean_line(std::string_view text);

}  // namespace elit
