#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "daemon/delivery/sink_client.hpp"
#include "daemon/delivery/sink_loop.hpp"
#include "daemon/fetch/source_loop.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/secret.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"

namespace elit::daemon {

// Everything that runs on one configuration: a loop for each source and one for each sink, which meet in the database
// only. A new configuration is a new engine.
class Engine {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    Transports transports;  // makes one for each source, and those that sinks need
    SecretSource secrets;
    std::filesystem::path token_directory;  // where sinks keep access tokens; empty: nowhere
    StorageThread* storage = nullptr;
    const Timer* timer = nullptr;
    Log* log = nullptr;
    std::uint64_t seed = 0;
  };

  // Throws what `transports` throws.
  Engine(Options options, SourceLoop::Mode mode, Parts parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // Works until stop() or, in one pass, until all is done that can be done. Throws what the storage throws.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // Ends run() soon: reads are abandoned at once, deliveries under way get a moment to finish.
  void stop();
  void reload_secrets();

  [[nodiscard]] const Options& options() const { return options_; }

  // What one pass could not do, a line each.
  [[nodiscard]] std::vector<std::string> problems() const;
  // For the service manager: one line on how things are.
  [[nodiscard]] std::string summary() const;
  // Whether some request hangs beyond all its limits, so that only a restart helps.
  [[nodiscard]] bool stalled() const;

 private:
  struct SinkParts {
    std::unique_ptr<SinkSecrets> secrets;
    std::unique_ptr<SinkClient> client;
  };

  [[nodiscard]] std::vector<SinkParts> make_sink_parts();
  void start(boost::asio::awaitable<void> part, int& running);
  boost::asio::awaitable<void> register_sinks();
  void start_loops();
  boost::asio::awaitable<void> finish_delivering();
  boost::asio::awaitable<void> abandon_later();
  // Whether nothing more will come of this sink within this pass, and if so why; empty: all is delivered.
  [[nodiscard]] bool is_done(const SinkLoop& sink, WaitBudget& budget, std::string& why) const;

  Options options_;
  SourceLoop::Mode mode_;
  Parts parts_;
  std::optional<boost::asio::thread_pool> archives_;  // absent: no sink needs it
  std::vector<SinkParts> sink_parts_;                 // until the sinks have their numbers
  std::vector<std::unique_ptr<SourceLoop>> sources_;
  std::vector<std::unique_ptr<SinkLoop>> sinks_;
  std::vector<std::string> undelivered_;
  AsyncEvent changed_;
  int sources_running_ = 0;
  int sinks_running_ = 0;
  int waits_running_ = 0;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace elit::daemon
