#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// What is going on, read from the state beside a running daemon or without one: a health check whose exit status is 0
// when all is well and 1 otherwise. Throws StorageError.
[[nodiscard]] Verb status_verb();

}  // namespace elit::daemon
