#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http_message.hpp"
#include "core/instant.hpp"

namespace elit::daemon {

struct ServerRequest {
  std::string method;
  std::string target;  // as sent, percent-encoded, with its query
  std::vector<HttpHeader> headers;
  std::string body;
  Instant received;  // when the last byte of the request had arrived

  // The first header of that name, compared without case; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// What a network may do to an answer.
enum class ServerFault {
  none,
  close_before_answer,  // the connection ends without a byte
  close_mid_body,       // header with the full Content-Length, the first half of the body, end
  hang,                 // nothing, until the client gives up
  garbage,              // bytes that are not HTTP, end
  drip,                 // the header, then one byte of the body every `drip_interval`
};

struct ServerReply {
  HttpResponse answer;
  Milliseconds delay{0};  // before anything is sent, also before a fault
  ServerFault fault = ServerFault::none;
  Milliseconds drip_interval{200};
};

// An HTTP/1.1 server for the simulator and for tests: loopback only, no TLS, one handler, one thread. Connections are
// kept alive; requests of one connection are answered one after the other, those of several side by side. A request
// that is not HTTP gets 400 and one with a body over 64 MiB gets 413, without the handler. A Date is added unless the
// answer has one, Content-Length always.
class Server {
 public:
  // Runs on the executor's thread and does not block. What it throws comes out of io_context::run().
  using Handler = std::function<ServerReply(const ServerRequest& request)>;

  // Listens at once; port 0 takes a free one. Throws std::runtime_error when `address` is not a loopback address or the
  // port cannot be had.
  Server(boost::asio::any_io_executor executor, const std::string& address, std::uint16_t port, Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] std::uint16_t port() const;

  // Closes the listener and every connection; the handler is not called again. Destruction does the same.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace elit::daemon
