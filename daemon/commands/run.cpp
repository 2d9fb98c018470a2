#include "daemon/commands/run.hpp"

#include <memory>

#include "daemon/commands/logged_work.hpp"
#include "daemon/service.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

// Runs the daemon until it is stopped. The state is closed on return.
void serve(const std::filesystem::path& config, const Options& options, Log& log) {
  Service service(config, options, log);
  service.run_forever();
}

int run(const std::filesystem::path& config, std::ostream& err) {
  block_signals(true);
  return do_logged(config, err, [&config](const Options& options, Log& log) {
    log.write(Event::started, "elitbuzz-sync " ELITBUZZ_SYNC_VERSION " starts");
    serve(config, options, log);
    log.write(Event::stopped, "stopped; the next start continues where this one ended");
    return exit_done;
  });
}

}  // namespace

Verb run_verb() {
  return {"run", "the daemon, in the foreground; systemd starts it",
          "Runs until SIGTERM. SIGHUP reads configuration and secrets again and reopens the log.",
          [](VerbOptions& options) -> VerbAction {
            auto config = std::make_shared<std::filesystem::path>();
            options.configuration(*config);
            return [config](std::ostream&, std::ostream& err) { return run(*config, err); };
          }};
}

}  // namespace elit::daemon
