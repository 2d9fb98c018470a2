#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// Runs the daemon in the foreground until SIGTERM or SIGINT.
[[nodiscard]] Verb run_verb();

}  // namespace elit::daemon
