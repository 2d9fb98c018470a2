#pragma once

#include <iosfwd>

namespace elit::daemon {

// Writes one line about the exception that is being handled. Gives the exit status of the program. Requires: it is
// called from a handler.
int report_failure(std::ostream& err);

}  // namespace elit::daemon
