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
  double late_requests = 0;  // the connection breaks, and the request arrives late_min to late_max later all the same
  Milliseconds late_min{1000};
  Milliseconds late_max{3000};
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

  // Called when a request is sent, and with its result when the sender knows it. Of a sender that is killed before, it
  // is not called again. `number` tells requests apart.
  struct Witness {
    std::function<void(std::uint64_t number, const std::string& base_url, const HttpRequest&)> sent;
    std::function<void(std::uint64_t number, const Result<HttpResponse>&)> ended;
  };
  void set_witness(Witness witness) { witness_ = std::move(witness); }

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
  std::uint64_t witness_sent(const std::string& base_url, const HttpRequest& request);
  void witness_ended(std::uint64_t number, const Result<HttpResponse>& result);
  // The sender is told after `way` that its connection broke; its request stays on the way and arrives late.
  void break_connection(const std::weak_ptr<Exchange>& exchange, Milliseconds way);
  [[nodiscard]] Milliseconds between(Milliseconds least, Milliseconds most);
  [[nodiscard]] Milliseconds latency() { return between(weather_.latency_min, weather_.latency_max); }

  VirtualTime& time_;
  Random random_;
  NetworkConditions weather_;
  std::map<std::string, Peer> peers_;
  Witness witness_;  // its functions may be empty
  std::uint64_t requests_ = 0;
  std::uint64_t trace_ = 0xCBF29CE484222325U;
};

}  // namespace elit::daemon
