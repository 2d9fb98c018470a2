#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/options.hpp"
#include "daemon/engine.hpp"
#include "daemon/log/log.hpp"
#include "daemon/rehearsal/network.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/virtual_time.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// A machine on which the daemon runs, dies and is started again: the real engine over the real store, on a disk in
// memory, in virtual time. Its owner turns it: turn() after every step of the time.
class Host {
 public:
  struct Parts {
    VirtualTime* time = nullptr;
    Network* network = nullptr;
    storage::MemoryDisk* disk = nullptr;
    Log* log = nullptr;
    SecretSource secrets;
    std::uint64_t seed = 0;
  };

  // What `parts` points to outlives the host.
  explicit Host(Parts parts) : parts_(std::move(parts)) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { clear(); }

  // Starts the daemon. False when the state cannot be opened; problem() says why. Requires: it is not running.
  bool start(const Options& options);
  [[nodiscard]] bool running() const { return engine_ != nullptr; }
  // The process ends at once, whatever it does. What has left it is on its way.
  void kill();
  // Asks it to end, as SIGTERM does; it ends within the next seconds.
  void terminate();
  void reload_secrets();

  // Lets it do what it can do without waiting. It ends in here when it was terminated or has failed, which problem()
  // tells; and it is killed in here after `kill_after` steps.
  void turn();
  // The process will be killed in the middle of its work: after so many more steps.
  void kill_after(std::uint64_t steps) { steps_left_ = steps; }
  // Steps so far, over all lives.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // Why the last life ended by itself; empty: it was asked to, or killed.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  // Requires: running().
  [[nodiscard]] storage::Store& store() { return *store_; }

 private:
  void end(const std::exception_ptr& failure);
  void clear();

  Parts parts_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<StorageThread> storage_;
  std::unique_ptr<Engine> engine_;
  std::optional<std::exception_ptr> ended_;  // the engine's run is over, with or without a failure
  std::optional<std::uint64_t> steps_left_;
  std::uint64_t steps_ = 0;
  std::uint64_t lives_ = 0;
  std::string problem_;
};

}  // namespace elit::daemon
