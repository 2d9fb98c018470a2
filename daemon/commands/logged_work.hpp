#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

#include "daemon/configuration.hpp"
#include "daemon/log/log.hpp"

namespace elit::daemon {

// Reads the configuration with its secrets, opens the log, runs `work` and returns its exit status. If the
// configuration has mistakes, they go to `err` and `work` does not run. A StorageError of `work` is logged, unless its
// kind is in_use, and thrown again.
int do_logged(const std::filesystem::path& config, std::ostream& err,
              const std::function<int(const Configuration&, Log&)>& work);

}  // namespace elit::daemon
