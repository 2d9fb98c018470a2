#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "daemon/commands/verb.hpp"

namespace elit::daemon {

// Reads the command line, which is `words` without the name of the program, and runs its verb. A mistake in the command
// line is reported to `err`, with a suggestion for a typing error. Returns the exit status of the verb, or 64 for a
// mistake. Passes on exceptions of the verb.
int run_command_line(const std::vector<std::string>& words, std::ostream& out, std::ostream& err);

// The same with other verbs than those of the program.
int run_command_line(std::vector<Verb> verbs, const std::vector<std::string>& words, std::ostream& out,
                     std::ostream& err);

}  // namespace elit::daemon
