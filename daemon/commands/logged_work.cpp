#include "daemon/commands/logged_work.hpp"

#include <ostream>
#include <utility>

#include "daemon/loaded_configuration.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

int do_logged(const std::filesystem::path& config, std::ostream& err,
              const std::function<int(const Options&, Log&)>& work) {
  LoadedConfiguration loaded = load_configuration(config);
  if (!loaded.options) {
    err << loaded.complaint;
    return loaded.exit_status;
  }
  const Options options = std::move(*loaded.options);
  Log log(options.log);
  try {
    return work(options, log);
  } catch (const storage::StorageError& error) {
    if (error.kind() != storage::StorageError::Kind::in_use) {
      log.write(Event::storage_failed, error.what());
    }
    throw;
  }
}

}  // namespace elit::daemon
