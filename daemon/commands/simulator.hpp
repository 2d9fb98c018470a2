#pragma once

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// Serves a simulated Elitbuzz and CRM on 127.0.0.1 until SIGTERM or SIGINT. Once it listens, it prints one line:
//   listening on http://127.0.0.1:PORT          or, with --json,          {"port":PORT,"url":"http://127.0.0.1:PORT"}
// Exit status 0, or 64 for a mistake in the arguments or a port that is not available.
[[nodiscard]] Verb simulator_verb();

}  // namespace elit::daemon
