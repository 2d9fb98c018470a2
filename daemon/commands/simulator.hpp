#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace elit::daemon {

// Serves a simulated Elitbuzz and CRM on 127.0.0.1 until SIGTERM or SIGINT. `arguments` is what stands after the
// verb. Once it listens, one line goes to `out`:
//   listening on http://127.0.0.1:PORT          or, with --json,          {"port":PORT,"url":"http://127.0.0.1:PORT"}
// Gives the exit status: 0, or 64 for a mistake in the arguments or a port that cannot be had.
int run_simulator(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace elit::daemon
