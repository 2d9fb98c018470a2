#include "daemon/commands/run.hpp"

#include <boost/system/system_error.hpp>

#include <iostream>
#include <system_error>

#include "daemon/loaded_configuration.hpp"
#include "daemon/service.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {

int run(const std::filesystem::path& config, std::ostream& err) {
  block_signals(true);
  LoadedConfiguration loaded = load_configuration(config);
  if (!loaded.options) {
    err << loaded.complaint;
    return loaded.exit_status;
  }
  const Options options = std::move(*loaded.options);
  try {
    Log log(options.log);
    log.write(Event::started, "elitbuzz-sync " ELITBUZZ_SYNC_VERSION " starts");
    try {
      Service service(config, options, log);
      service.run_forever();
    } catch (const storage::StorageError& error) {
      if (error.kind() != storage::StorageError::Kind::in_use) {
        log.write(Event::storage_failed, error.what());
      }
      throw;
    }
    log.write(Event::stopped, "stopped; the next start goes on where this one ended");
    return exit_done;
  } catch (const storage::StorageError&) {
    throw;
  } catch (const boost::system::system_error&) {
    throw;
  } catch (const std::system_error& error) {
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_storage;
  } catch (const std::runtime_error& error) {
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_configuration;
  }
}

}  // namespace elit::daemon
