#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/configuration.hpp"
#include "daemon/engine.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/notify.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"
#include "daemon/time/waiting.hpp"
#include "storage/soundness.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// Runs an engine as a process: one io_context on the calling thread, the storage thread, signals, the service manager.
class Service {
 public:
  // Opens the state, which takes its lock; throws StorageError. Requires: block_signals() was called.
  Service(std::filesystem::path file, Configuration configuration, Log& log);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  // Runs the daemon until SIGTERM or SIGINT. SIGHUP reads configuration and secrets again and reopens the log.
  void run_forever();

  struct Pass {
    bool deliver = true;                                         // false: fetch only
    std::function<void(const Engine::Progress&)> show_progress;  // called five times a second; empty: nobody watches
  };
  // Runs one pass; SIGTERM and SIGINT end it early. Returns what is left to do, a line each.
  [[nodiscard]] std::vector<std::string> run_once(const Pass& asked);
  // What the operator should mend although the pass may be complete, a line each. Requires: run_once() has returned.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // The ledger of each source by name, in the order of the configuration. Requires: neither run_forever() nor
  // run_once() is running.
  [[nodiscard]] std::vector<std::pair<std::string, storage::Ledger>> ledgers();

 private:
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> pass();
  boost::asio::awaitable<void> show_progress(std::function<void(const Engine::Progress&)> show);
  boost::asio::awaitable<void> handle_signals();
  boost::asio::awaitable<void> feed_watchdog();
  boost::asio::awaitable<void> tell_status();
  void check_state();
  boost::asio::awaitable<void> end_after_limit();
  void start(boost::asio::awaitable<void> part);
  std::unique_ptr<Engine> make_engine(Configuration configuration, SourceLoop::Mode mode, bool deliver = true,
                                      bool after_reload = false);
  void reload();
  void refuse_reload(const std::string& why);
  void stop(const std::string& why);
  void fail(std::exception_ptr error);
  void run_loop();

  std::filesystem::path file_;  // of the configuration
  Configuration configuration_;
  Log& log_;
  boost::asio::io_context io_;
  SystemTimer timer_;
  Notifier notifier_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<StorageThread> storage_;
  boost::asio::signal_set signals_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Engine> next_engine_;
  std::vector<std::string> problems_;
  std::vector<std::string> warnings_;
  std::string refused_;                 // why the latest reload changed nothing; empty: it was accepted
  std::vector<std::string> unhealthy_;  // as `status` would say it
  SteadyTime judge_again_{};            // not before
  std::uint64_t seed_;
  bool stopping_ = false;
  bool checked_ = true;  // false: `state_check_` has not ended
  AsyncEvent check_ended_;
  std::exception_ptr error_;
  std::unique_ptr<storage::BackgroundCheck> state_check_;  // of a large state; posts to `io_`
};

}  // namespace elit::daemon
