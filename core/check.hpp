#pragma once

#include <source_location>
#include <string_view>

namespace elit {

// Ends the process at once, with `message`, the place and exit status 70, when `condition` is false. For invariants of
// this program only, never for what the outside world did. It is compiled in always: the next start recovers from the
// database, a wrong write would not be recovered from.
void check(bool condition, std::string_view message, std::source_location place = std::source_location::current());

}  // namespace elit
