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

// One batch on its way.
struct Parcel {
  std::vector<OutgoingMessage> messages;  // each user's in the order of their dates
  bool unsure = false;                    // an earlier attempt may have been accepted
};

// Brings batches to one sink and says what became of each message. One implementation for each kind of sink. All calls
// and coroutines on one thread's executor.
class Carrier {
 public:
  Carrier() = default;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  virtual ~Carrier() = default;

  // To be called before the first batch and after each failure of it. `unsure`: the keys of messages that an earlier
  // process may have delivered without recording it.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                               std::set<std::string> unsure) = 0;
  // Whether recover() needs `unsure`.
  [[nodiscard]] virtual bool looks_for_unsure() const { return false; }

  [[nodiscard]] virtual boost::asio::awaitable<DeliveryAnswer> carry(Parcel parcel) = 0;

  // Reads the secrets again; those that cannot be read stay as they were. True: they are others than before.
  [[nodiscard]] virtual bool reload_secrets() = 0;
  // No more requests for what is under way but the one at hand.
  virtual void stop() = 0;
  // Ends the requests under way.
  virtual void close() = 0;
};

struct CarrierParts {
  boost::asio::any_io_executor executor;
  boost::asio::any_io_executor blocking;  // where archives are written: a pool of its own, or `executor`
  Transports transports;
  StorageThread* storage = nullptr;
  const Timer* timer = nullptr;
  Log* log = nullptr;
  SinkSecrets* secrets = nullptr;
  std::filesystem::path token_directory;  // empty: tokens are not kept over a restart
};

// The carrier for the sink's type. `options` and what `parts` points to outlive it. Throws what `transports` throws.
[[nodiscard]] std::unique_ptr<Carrier> make_carrier(const SinkOptions& options, CarrierParts parts);

// How to reach a sink at `base_url`.
[[nodiscard]] TransportSettings sink_transport_settings(const SinkOptions& options, const std::string& base_url);

}  // namespace elit::daemon
