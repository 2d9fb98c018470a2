#pragma once

#include <filesystem>
#include <iosfwd>

namespace elit::daemon {

// The daemon, in the foreground: until SIGTERM or SIGINT. Gives the exit status; a StorageError is thrown.
int run(const std::filesystem::path& config, std::ostream& err);

}  // namespace elit::daemon
