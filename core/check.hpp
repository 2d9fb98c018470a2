#pragma once

#include <source_location>
#include <string_view>

namespace elit {

// Ends the process at once, with `message`, the place and exit status 70, when `condition` is false. Use it only for
// invariants of this program, never for input from outside. Every build contains it: the next start can recover from an
// end of the process, but not from a wrong write.
void check(bool condition, std::string_view message, std::source_location place = std::source_location::current());

}  // namespace elit
