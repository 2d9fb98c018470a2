#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/instant.hpp"

// Parts of messages for people.
namespace elit {

// `1 user is` or `5 users are`: the count, then the word for one or for several.
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one, std::string_view several);

// A duration in its largest fitting unit, cut: `45 s` (below two minutes), `12 min`, `3 h`, `4 days`. A negative one is
// `0 s`.
[[nodiscard]] std::string rough_duration(Milliseconds duration);

// The text in double quotes, with everything that a person could overlook as `\u{00a0}`: characters of control, blanks
// at its ends or other than the common one, marks without width, typographic quotes. Ill-formed UTF-8 becomes `\x{ff}`,
// byte by byte.
[[nodiscard]] std::string quoted_text(std::string_view text);

}  // namespace elit
