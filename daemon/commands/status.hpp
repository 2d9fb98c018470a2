#pragma once

#include <filesystem>
#include <iosfwd>

namespace elit::daemon {

struct StatusArguments {
  std::filesystem::path config;
  bool json = false;
  bool watch = false;
};

// What is going on, read from the state beside a running daemon or without one. Gives the exit status: 0 when all is
// well, 1 when something is pending too long, dead, parked or paused. A StorageError is thrown.
int status(const StatusArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace elit::daemon
