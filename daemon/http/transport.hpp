#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

#include "core/failure.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"

namespace elit::daemon {

// A peer and the limits of requests to it.
struct TransportSettings {
  std::string base_url;                    // http(s)://host[:port][/prefix]; every target begins with the prefix
  TransportOptions options;                // CA file, proxy
  Milliseconds connect_timeout{10'000};    // name lookup and TCP, and the proxy's answer to CONNECT
  Milliseconds handshake_timeout{10'000};  // TLS
  Milliseconds header_timeout{30'000};     // from the last byte sent to the end of the answer's header
  Milliseconds body_idle_timeout{30'000};  // the longest silence inside a body
  Milliseconds total_timeout{30'000};      // the whole request, connecting included; bounds the limits above
  std::int64_t response_size_bytes_max = 32 * 1024 * 1024;
  int connections_max = 4;            // idle connections kept alive at most; 0: none
  Milliseconds idle_timeout{55'000};  // an idle connection is closed after this; many servers do so after 60 s
};

// Sends requests to one peer. All calls and their coroutines run on one thread's io_context. Destroying a transport
// ends running requests, as close() does. While it holds idle connections, the timer that closes them keeps the
// io_context busy.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Sends `request` and returns the complete response with any status; redirects are returned, never followed.
  // Failures are `transient` (lookup, connect, TLS, time-outs, broken connections; `answer_lost` is set once bytes of
  // the request may have left) or `malformed` (not HTTP, over a size limit). If a kept-alive connection turns out to be
  // closed before any byte of a response arrived, it is replaced and the request repeated once if its method is GET, or
  // if none of its bytes had left. A request that cannot be written as HTTP (a control character in a header or in the
  // target) is `rejected` and not sent. The fields named in core/http_message.hpp are replaced if the request has them.
  virtual boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) = 0;

  // Ends every running request with a transient failure and refuses new ones; for an orderly stop.
  virtual void close() = 0;
};

// A transport over real sockets (Beast, OpenSSL). Throws std::runtime_error, naming the value, when the CA file cannot
// be read or a URL is invalid.
[[nodiscard]] std::unique_ptr<Transport> make_transport(boost::asio::any_io_executor executor,
                                                        TransportSettings settings);

}  // namespace elit::daemon
