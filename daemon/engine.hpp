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

#include "daemon/configuration.hpp"
#include "daemon/delivery/sink_client.hpp"
#include "daemon/delivery/sink_loop.hpp"
#include "daemon/fetch/source_loop.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/secret.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"

namespace elit::daemon {

// All loops for one configuration: one for each source and one for each sink. They share only the database. A new
// configuration gets a new engine.
class Engine {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    Transports transports;  // called once for each source, and for each connection of a sink
    SecretSource secrets;
    std::filesystem::path token_directory;  // where sinks store access tokens; empty: they are not stored
    StorageThread* storage = nullptr;
    const Timer* timer = nullptr;
    Log* log = nullptr;
    std::uint64_t seed = 0;
    bool deliver = true;        // false: the messages stay pending for all sinks
    bool after_reload = false;  // it takes the place of an engine with another configuration
  };

  // What one pass has done so far.
  struct Progress {
    SourceLoop::Progress fetched;  // of all sources
    std::size_t waiting = 0;       // messages known to be undelivered, of all sinks
  };

  // Passes on exceptions of `transports`.
  Engine(Configuration configuration, SourceLoop::Mode mode, Parts parts);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // Runs until stop() or, in one pass, until nothing more can be done. Throws the exceptions of the storage thread.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // Ends run() soon: reads are abandoned at once, running deliveries get 3 s to finish.
  void stop();
  void reload_secrets();

  [[nodiscard]] const Configuration& configuration() const { return configuration_; }

  // The problems of one pass: what it could not do, a line each.
  [[nodiscard]] std::vector<std::string> problems() const;
  [[nodiscard]] Progress progress() const;
  // What the operator should mend although the pass is complete, a line each.
  [[nodiscard]] std::vector<std::string> warnings() const;
  // The state of all sources and sinks in one line, for the service manager.
  [[nodiscard]] std::string summary() const;
  // Whether a request has exceeded all its time limits, so that only a restart helps.
  [[nodiscard]] bool stalled() const;

 private:
  struct SinkParts {
    std::unique_ptr<SinkSecrets> secrets;
    std::unique_ptr<SinkClient> client;
    int concurrency = 1;
    Milliseconds late_arrival{0};
  };

  [[nodiscard]] std::vector<SinkParts> make_sink_parts();
  void start(boost::asio::awaitable<void> part, int& running);
  boost::asio::awaitable<void> register_sinks();
  void start_loops();
  boost::asio::awaitable<void> finish_delivering();
  boost::asio::awaitable<void> abandon_later();
  // Whether this pass can deliver nothing more to the sink. Then `why` gets the reason; empty: everything is delivered.
  [[nodiscard]] bool is_done(const SinkLoop& sink, WaitBudget& budget, std::string& why) const;

  Configuration configuration_;
  SourceLoop::Mode mode_;
  Parts parts_;
  std::optional<boost::asio::thread_pool> archives_;  // absent: there is no file sink
  std::vector<SinkParts> sink_parts_;                 // until the sinks have their ids
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
