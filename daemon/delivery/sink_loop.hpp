#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "core/failure.hpp"
#include "core/options.hpp"
#include "daemon/delivery/sink_client.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"
#include "daemon/time/waiting.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// The delivering half for one sink: sends what is stored and records what the sink said. All on one thread's executor,
// but for the writing of archives.
class SinkLoop {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    std::unique_ptr<SinkSecrets> secrets;
    std::unique_ptr<SinkClient> client;  // uses `secrets`
    int concurrency = 1;                 // batches under way at once
    Milliseconds late_arrival{0};        // see SinkKind
    StorageThread* storage = nullptr;
    const Timer* timer = nullptr;
    Log* log = nullptr;
    std::function<void()> on_change;  // summary() may say something else; may be empty
    std::uint64_t seed = 0;
    bool after_reload = false;  // the operator changed something: a wish of the receiver to wait is tried at once
  };

  // `options` and what `parts` points to outlive the loop. The sink is registered as `sink`.
  SinkLoop(const SinkOptions& options, storage::SinkId sink, Parts parts);

  // Loads what the state knows of the sink and delivers until stop(). Throws what the storage throws.
  [[nodiscard]] boost::asio::awaitable<void> run();

  // Begins no more requests; run() ends with the last one under way.
  void stop();

  // As stop(), but ends the requests under way too. Their batches stay in flight in the state, and are repeated as they
  // are at the next start.
  void abandon();

  // New messages are stored.
  void on_stored();
  // Reads the secrets again, those that cannot be read stay as they were, and ends every wait for the receiver.
  void reload_secrets();
  // Do not wait for batches to fill: for a run that ends when all is delivered.
  void hurry(bool on);

  [[nodiscard]] DeliverySummary summary() const { return machine_.summary(parts_.timer->now()); }
  [[nodiscard]] const std::string& name() const { return options_.name; }

 private:
  struct Known;
  struct Begun;
  struct DeadMessage {
    storage::MessageId id = 0;
    std::string error;
  };

  [[nodiscard]] boost::asio::awaitable<void> load();
  [[nodiscard]] boost::asio::awaitable<void> turn();
  // Carries out everything but sending and waiting.
  [[nodiscard]] boost::asio::awaitable<void> carry_out(DeliveryAction action);
  [[nodiscard]] boost::asio::awaitable<void> wait(std::optional<SteadyTime> until);
  void read_secrets();
  void spawn(SendBatch send);
  [[nodiscard]] boost::asio::awaitable<void> deliver(SendBatch send);
  [[nodiscard]] boost::asio::awaitable<Begun> begin(SendBatch send);
  [[nodiscard]] boost::asio::awaitable<std::vector<storage::BatchId>> record(storage::BatchId batch,
                                                                             DeliveryRecord record);
  [[nodiscard]] boost::asio::awaitable<void> note_state();
  [[nodiscard]] std::string reason_of(const DeliverySummary& summary) const;
  void log_state(SinkState state, const std::string& reason);
  void log_outcome(const DeliveryAnswer& answer, const DeliveryRecord& record);
  [[nodiscard]] static std::vector<DeadMessage> dead_in(const DeliveryRecord& record);
  [[nodiscard]] boost::asio::awaitable<void> log_dead(std::vector<DeadMessage> dead);

  const SinkOptions& options_;
  storage::SinkId sink_;
  Parts parts_;
  Delivery machine_;
  AsyncEvent event_;
  std::optional<SinkState> noted_;  // what the state says of this sink; absent: nothing since the start
  std::optional<SteadyTime> noted_hold_;
  int sending_ = 0;
  bool stopping_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;
};

}  // namespace elit::daemon
