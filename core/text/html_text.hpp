#pragma once

#include <string>
#include <string_view>

namespace elit {

// Text as HTML: & < > " escaped, and without the characters that no XML document may hold (control characters but tab
// and line breaks, U+FFFE and U+FFFF). Line breaks stay as they are.
[[nodiscard]] std::string html_escaped(std::string_view text);

// HTML of a single sentence, as the vendor writes some, as text: without tags, with the usual character references
// resolved.
[[nodiscard]] std::string html_removed(std::string_view html);

}  // namespace elit
