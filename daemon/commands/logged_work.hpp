#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

#include "core/options.hpp"
#include "daemon/log/log.hpp"

namespace elit::daemon {

// Reads the configuration with its secrets, opens the log and does `work`, whose exit status it gives. When the
// configuration cannot be run, its mistakes go to `err` and `work` is not done. A StorageError of `work` is logged,
// except that the state is in use, and thrown again.
int do_logged(const std::filesystem::path& config, std::ostream& err,
              const std::function<int(const Options&, Log&)>& work);

}  // namespace elit::daemon
