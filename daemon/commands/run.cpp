#include "daemon/commands/run.hpp"

#include <algorithm>
#include <memory>

#include "core/text/wording.hpp"
#include "daemon/commands/logged_work.hpp"
#include "daemon/service.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/exit_status.hpp"
#include "daemon/system/notify.hpp"

namespace elit::daemon {
namespace {

using storage::StorageError;

constexpr Milliseconds pause_first{5'000};
constexpr Milliseconds pause_max{300'000};
constexpr Milliseconds watchdog_step{5'000};

// Serves again and again while the disk fails in a way that can pass without an operator. What an operator has to mend
// ends the daemon instead, so that the service manager does not repeat it.
class Runner {
 public:
  Runner(const std::filesystem::path& file, const Configuration& configuration, Log& log)
      : file_(file), configuration_(configuration), log_(log), notifier_(Notifier::from_environment()) {}

  // Returns when the daemon was asked to stop. Throws what cannot pass.
  void run() {
    while (!serve() && wait()) {
    }
  }

 private:
  // False: the disk failed. The state is closed when this returns.
  bool serve() {
    bool opened = false;
    try {
      Service service(file_, configuration_, log_);
      opened = true;
      service.run_forever();
      return true;
    } catch (const StorageError& error) {
      opened_ = opened_ || opened;
      const bool can_pass =
          error.kind() == StorageError::Kind::full || (opened_ && error.kind() == StorageError::Kind::unreadable);
      if (!can_pass) {
        throw;
      }
      pause_ = opened ? pause_first : std::min(pause_ * 2, pause_max);
      const std::string again = std::string(error.what()) + ". The work goes on in " + rough_duration(pause_) +
                                ", or at once on a reload, if that is mended";
      log_.write(Event::storage_failed, again, {{"retry_in_ms", pause_.count()}});
      notifier_.status(again);
      return false;
    }
  }

  // True: try again. False: the daemon is asked to stop.
  bool wait() {
    notifier_.ready();  // Where the first attempt failed, the service manager still waits for this.
    for (Milliseconds left = pause_; left > Milliseconds{0}; left -= watchdog_step) {
      notifier_.watchdog();
      switch (wait_for_signal(std::min(left, watchdog_step))) {
        case ReceivedSignal::reload:
          return true;
        case ReceivedSignal::stop:
          notifier_.stopping();
          log_.write(Event::stopping, "stopping while the state cannot be used");
          return false;
        case ReceivedSignal::none:
          break;
      }
    }
    return true;
  }

  const std::filesystem::path& file_;  // of the configuration
  const Configuration& configuration_;
  Log& log_;
  Notifier notifier_;
  Milliseconds pause_ = pause_first / 2;
  bool opened_ = false;  // the state was usable before
};

int run(const std::filesystem::path& config, std::ostream& err) {
  block_signals(true);
  return do_logged(config, err, [&config](const Configuration& configuration, Log& log) {
    log.write(Event::started, "elitbuzz-sync " ELITBUZZ_SYNC_VERSION " starts");
    Runner(config, configuration, log).run();
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
