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

// What the network does to requests between the daemon and its peers. Shares are of the requests, 0..1.
struct NetworkConditions {
  Milliseconds latency_min{5};  // of each direction
  Milliseconds latency_max{150};
  double refused = 0;        // the connection is refused
  double lost_requests = 0;  // the request leaves and never arrives; the sender notices it only by its time-out
};

// The second implementation of the transport: peers that are functions, latency and loss from a seed, in virtual time.
// A request that has left arrives even if its sender dies meanwhile, as on a real network.
//
// For one thread. It must outlive the transports that it makes.
class Network {
 public:
  // The reply of a peer to a request that arrives at the given instant.
  using Peer = std::function<simulator::Reply(const HttpRequest&, Instant)>;

  Network(VirtualTime& time, std::uint64_t seed) : time_(time), random_(seed) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network() = default;

  // Adds the peer of all transports with this base_url.
  void add_peer(const std::string& base_url, Peer peer) { peers_[base_url] = std::move(peer); }
  // A transport to the peer of `settings.base_url`, which must be known. Only the total time-out is obeyed.
  [[nodiscard]] std::unique_ptr<Transport> connect(boost::asio::any_io_executor executor, TransportSettings settings);

  [[nodiscard]] NetworkConditions& conditions() { return weather_; }

  // A hash over everything that passed so far, with its times: equal for equal runs.
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
