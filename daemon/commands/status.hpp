#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// What is going on, read from the state beside a running daemon or without one. Exit status 0 when all is well, 1 when
// something is pending too long, dead, parked or paused. Throws StorageError.
[[nodiscard]] Verb status_verb();

}  // namespace elit::daemon
