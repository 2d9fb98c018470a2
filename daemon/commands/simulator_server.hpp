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
  std::string target;  // as received, percent-encoded, with its query
  std::vector<HttpHeader> headers;
  std::string body;
  Instant received;  // when the last byte of the request had arrived

  // The first header of that name, compared without case; empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
};

// A fault of the network while an answer is sent.
enum class ServerFault {
  none,
  close_before_answer,  // the connection is closed without a byte
  close_mid_body,       // header with the full Content-Length, the first half of the body, then close
  hang,                 // nothing is sent until the client gives up
  garbage,              // bytes that are not HTTP, then close
  drip,                 // the header, then one byte of the body every `drip_interval`
};

struct ServerReply {
  HttpResponse answer;
  Milliseconds delay{0};  // wait before anything is sent, also before a fault
  ServerFault fault = ServerFault::none;
  Milliseconds drip_interval{200};
};

// An HTTP/1.1 server for the simulator and for tests: loopback only, no TLS, one handler, one thread. Connections are
// kept alive. Requests of one connection are answered one after the other, those of different connections concurrently.
// Without calling the handler, the server answers 400 to a request that is not HTTP and 413 to a body over 64 MiB. It
// adds Content-Length, and Date unless the answer has one.
class Server {
 public:
  // Runs on the executor's thread and must not block. Its exceptions leave io_context::run().
  using Handler = std::function<ServerReply(const ServerRequest& request)>;

  // Listens at once; port 0 takes a free one. Throws std::runtime_error when `address` is not a loopback address or the
  // port is not available.
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
