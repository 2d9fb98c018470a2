#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/failure.hpp"
#include "daemon/http/name_lookup.hpp"
#include "daemon/http/peer_address.hpp"
#include "daemon/http/response_reader.hpp"
#include "daemon/http/tls.hpp"
#include "daemon/http/transport.hpp"

namespace elit::daemon {

// The route to one peer, shared by all its connections. It does not change while a connection exists.
struct Route {
  TransportSettings settings;
  PeerAddress peer;
  std::optional<PeerAddress> proxy;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null for http://
  std::shared_ptr<NameLookup> lookup;              // for the proxy if there is one, else for the peer

  // The machine at the other end of the TCP connection.
  [[nodiscard]] const PeerAddress& next_hop() const { return proxy ? *proxy : peer; }
};

// One TCP connection with or without TLS, and its current time limit. One coroutine uses it. An expired limit or an
// interrupt() closes the socket, which ends any wait of that coroutine at once.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Limit { none, address, connect, handshake, header, body_idle, total, closed };

  struct Written {
    boost::system::error_code error;
    bool handed_over = false;  // bytes of the request may have left
  };

  Connection(const boost::asio::any_io_executor& executor, std::shared_ptr<const Route> route);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  // Begins, or ends, a request. Between the two no operation lasts beyond `total_at`.
  void begin(std::chrono::steady_clock::time_point total_at);
  void finish();

  // Looks up the name, connects, asks the proxy for a tunnel and does the TLS handshake, as the route requires.
  [[nodiscard]] boost::asio::awaitable<Result<void>> open();

  // Applies `limit` from now until the next call, in addition to the total limit.
  void limit(Limit limit, Milliseconds duration);

  // Writes a request. Both strings must outlive the coroutine.
  [[nodiscard]] boost::asio::awaitable<Written> write(const std::string& head, const std::string& body);

  // Reads once and passes the bytes to `reader`. An orderly close by the peer is not an error; it calls the reader's
  // end().
  [[nodiscard]] boost::asio::awaitable<boost::system::error_code> read_into(AnswerReader& reader);

  // Closes the socket now; `reason` explains every later failure.
  void interrupt(Limit reason);
  [[nodiscard]] Limit interrupted() const { return interrupted_; }

  // Whether an idle connection looks usable: the peer did not close it and sent no unrequested bytes. Does not block.
  [[nodiscard]] bool usable();

  // Describes what ended the connection: the limit that expired, or else `error`.
  [[nodiscard]] std::string cause(const boost::system::error_code& error) const;

 private:
  [[nodiscard]] boost::asio::awaitable<Result<void>> connect_tcp();
  [[nodiscard]] boost::asio::awaitable<Result<void>> open_tunnel();
  [[nodiscard]] boost::asio::awaitable<Result<void>> handshake();
  [[nodiscard]] Milliseconds connect_time_left() const;
  [[nodiscard]] std::string hop_name() const;

  std::shared_ptr<const Route> route_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<TlsStream> tls_;
  boost::asio::steady_timer timer_;
  std::uint64_t timer_round_ = 0;  // identifies an expiry that was queued before the timer was set again
  std::chrono::steady_clock::time_point total_at_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point connect_at_ = std::chrono::steady_clock::time_point::max();
  Limit interrupted_ = Limit::none;
  bool address_given_up_ = false;
};

}  // namespace elit::daemon
