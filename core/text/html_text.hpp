#pragma once

#include <string>
#include <string_view>

namespace elit {

// Text as HTML: & < > " escaped, without the characters that XML forbids (control characters except tab and line
// breaks, U+FFFE and U+FFFF). Line breaks do not change.
[[nodiscard]] std::string html_escaped(std::string_view text);

// The text of a short HTML fragment, as the vendor sends some: without tags, with the usual character references
// resolved.
[[nodiscard]] std::string html_removed(std::string_view html);

}  // namespace elit
