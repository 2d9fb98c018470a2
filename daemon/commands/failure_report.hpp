#pragma once

#include <iosfwd>

namespace elit::daemon {

// Writes one line about the exception that is being handled. Returns the exit status for it. Requires: the caller is an
// exception handler.
int report_failure(std::ostream& err);

}  // namespace elit::daemon
