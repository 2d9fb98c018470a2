#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/failure.hpp"
#include "core/options.hpp"
#include "daemon/delivery/sink_secrets.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/log/log.hpp"
#include "daemon/system/storage_thread.hpp"
#include "daemon/time/timer.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

using Transports = std::function<std::unique_ptr<Transport>(TransportSettings)>;

// What is sent to a sink in one attempt.
struct Batch {
  std::vector<OutgoingMessage> messages;  // each user's in the order of their dates
  bool unsure = false;                    // an earlier attempt may have been accepted
};

// Sends batches to one sink and returns what became of each message. There is one implementation for each kind of sink.
// All calls and coroutines run on one thread's executor.
class SinkClient {
 public:
  SinkClient() = default;
  SinkClient(const SinkClient&) = delete;
  SinkClient& operator=(const SinkClient&) = delete;
  virtual ~SinkClient() = default;

  // Requires: called before the first batch, and again until it succeeds. `unsure`: the keys of messages that an
  // earlier process may have delivered without recording it.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                               std::set<std::string> unsure) = 0;
  // Whether recover() needs `unsure`.
  [[nodiscard]] virtual bool looks_for_unsure() const { return false; }

  [[nodiscard]] virtual boost::asio::awaitable<DeliveryAnswer> send(Batch batch) = 0;

  // Reads the secrets again; those that cannot be read stay as they were. True: they have changed.
  [[nodiscard]] virtual bool reload_secrets() = 0;
  // Lets the running request end and sends no further one.
  virtual void stop() = 0;
  // Ends the running requests.
  virtual void close() = 0;
};

struct SinkClientParts {
  boost::asio::any_io_executor executor;
  boost::asio::any_io_executor blocking;  // where archives are written: a pool of its own, or `executor`
  Transports transports;
  StorageThread* storage = nullptr;
  const Timer* timer = nullptr;
  Log* log = nullptr;
  SinkSecrets* secrets = nullptr;
  std::filesystem::path token_directory;  // empty: tokens are not kept over a restart
};

// How to reach a sink at `base_url`.
[[nodiscard]] TransportSettings sink_transport_settings(const SinkOptions& options, const std::string& base_url);

}  // namespace elit::daemon
