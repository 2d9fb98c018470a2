#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/configuration.hpp"
#include "daemon/engine.hpp"
#include "daemon/log/log.hpp"
#include "daemon/rehearsal/network.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/virtual_time.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// A simulated machine that runs the daemon: the real engine and the real store, on a disk in memory, in virtual time.
// The daemon can be killed and started again. The owner calls turn() after every step of the time.
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

  // The objects that `parts` points to must outlive the host.
  explicit Host(Parts parts) : parts_(std::move(parts)) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { clear(); }

  // Starts the daemon. False when the state cannot be opened; problem() says why. Requires: it is not running.
  bool start(const Configuration& configuration);
  [[nodiscard]] bool running() const { return engine_ != nullptr; }
  // Kills the process at once, as SIGKILL does. Requests that were already sent still arrive.
  void kill();
  // Asks the process to end, as SIGTERM does; it ends within the next seconds.
  void terminate();
  void reload_secrets();

  // Runs the daemon until it waits. If it was terminated or failed, it ends within this call; then problem() says why.
  // If the steps of kill_after() are used up, it is killed within this call.
  void turn();
  // Kills the process in the middle of its work, after this many more steps.
  void kill_after(std::uint64_t steps) { steps_left_ = steps; }
  // The number of steps so far, over all runs of the daemon.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // Why the last run ended by itself; empty: it was terminated or killed.
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
