#include "daemon/commands/logged_work.hpp"

#include <unistd.h>

#include <ostream>
#include <string>
#include <utility>

#include "config/loader.hpp"
#include "daemon/loaded_configuration.hpp"
#include "daemon/system/account.hpp"
#include "daemon/system/exit_status.hpp"
#include "storage/store.hpp"

namespace elit::daemon {
namespace {

// Files of root in the state or log directory would stop the service. Returns what prevents the work; empty: nothing.
std::string leave_root(const std::filesystem::path& config) {
  if (::geteuid() != 0) {
    return "";
  }
  const config::Loaded loaded = config::load(config);
  return loaded.options ? continue_as_owner(loaded.options->state_directory) : "";
}

}  // namespace

int do_logged(const std::filesystem::path& config, std::ostream& err,
              const std::function<int(const Configuration&, Log&)>& work) {
  if (const std::string prevented = leave_root(config); !prevented.empty()) {
    err << "elitbuzz-sync: " << prevented << '\n';
    return exit_permission;
  }
  LoadedConfiguration loaded = load_configuration(config);
  if (!loaded.configuration) {
    err << loaded.complaint;
    return loaded.exit_status;
  }
  const Configuration configuration = *std::move(loaded.configuration);
  Log log(configuration.options.log);
  try {
    return work(configuration, log);
  } catch (const storage::StorageError& error) {
    if (error.kind() != storage::StorageError::Kind::in_use) {
      log.write(Event::storage_failed, error.what());
    }
    throw;
  }
}

}  // namespace elit::daemon
