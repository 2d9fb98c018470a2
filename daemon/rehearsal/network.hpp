#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/http_message.hpp"
#include "core/random.hpp"
#include "core/simulator/reply.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/time/virtual_time.hpp"

namespace elit::daemon {

// Latency and loss between the daemon and its peers. Shares are of all requests, 0..1.
struct NetworkConditions {
  Milliseconds latency_min{5};  // of each direction
  Milliseconds latency_max{150};
  double refused = 0;        // the connection is refused
  double lost_requests = 0;  // the request is sent and never arrives; the sender runs into its time-out
};

// A network in virtual time for simulated peers, which are functions. Latency and loss come from a seed. A request that
// was sent arrives even if the sender is killed meanwhile, as on a real network.
//
// Not thread-safe. It must outlive the transports that it makes.
class Network {
 public:
  // Returns the peer's reply to a request that arrives at the given instant.
  using Peer = std::function<simulator::Reply(const HttpRequest&, Instant)>;

  Network(VirtualTime& time, std::uint64_t seed) : time_(time), random_(seed) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network() = default;

  // Adds the peer of all transports with this base_url.
  void add_peer(const std::string& base_url, Peer peer) { peers_[base_url] = std::move(peer); }
  // Makes a transport to the peer of `settings.base_url`, which must have been added. Of the time-outs only the total
  // one has an effect.
  [[nodiscard]] std::unique_ptr<Transport> connect(boost::asio::any_io_executor executor, TransportSettings settings);

  [[nodiscard]] NetworkConditions& conditions() { return weather_; }

  // A hash over all requests, replies and notes so far, with their times: equal runs have equal hashes.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  // Adds an event outside the network to the trace.
  void note(std::string_view what);

 private:
  class Line;
  struct Exchange;

  void begin(const std::shared_ptr<Exchange>& exchange, const std::string& base_url, HttpRequest request);
  void arrive(const std::weak_ptr<Exchange>& exchange, const std::string& base_url, const HttpRequest& request);
  [[nodiscard]] Milliseconds latency();

  VirtualTime& time_;
  Random random_;
  NetworkConditions weather_;
  std::map<std::string, Peer> peers_;
  std::uint64_t trace_ = 0xCBF29CE484222325U;
};

}  // namespace elit::daemon
