#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/daemon/http/loop.hpp"

namespace elit::daemon {

// What a scripted peer does next on a connection.
struct Step {
  enum class Kind {
    take,       // read one whole request and remember it
    send,       // write `text`
    start_tls,  // do the server's side of a handshake
    hold,       // read and drop bytes until the client closes
    drip,       // write the bytes of `text` one by one, 10 ms apart
    close,      // close at once, TLS without its goodbye
    goodbye,    // end TLS in order, then close
    reset,      // close so that the client sees a reset
  };
  Kind kind;
  std::string text = {};
};
using Script = std::vector<Step>;

inline Step take() {
  return Step{Step::Kind::take};
}
inline Step send(std::string text) {
  return Step{Step::Kind::send, std::move(text)};
}
inline Step start_tls() {
  return Step{Step::Kind::start_tls};
}
inline Step hold() {
  return Step{Step::Kind::hold};
}
inline Step drip(std::string text) {
  return Step{Step::Kind::drip, std::move(text)};
}
inline Step close() {
  return Step{Step::Kind::close};
}
inline Step goodbye() {
  return Step{Step::Kind::goodbye};
}
inline Step reset() {
  return Step{Step::Kind::reset};
}

// The answer "200 OK" with a length, kept alive.
[[nodiscard]] std::string ok(const std::string& body);

// A server that speaks raw bytes as its scripts say: one script a connection, the last one for all that follow. A
// script that ends closes its connection.
class ScriptedPeer {
 public:
  ScriptedPeer(Loop& loop, std::vector<Script> scripts, boost::asio::ssl::context* tls = nullptr);
  ~ScriptedPeer();

  struct Seen {
    std::vector<std::string> requests;  // head and body, in the order of arrival
    std::vector<std::string> server_names;
    int connections = 0;
    int ended = 0;
  };

  [[nodiscard]] const Seen& seen() const { return *seen_; }
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string url(const std::string& scheme = "http", const std::string& host = "127.0.0.1") const;

 private:
  std::shared_ptr<Seen> seen_;
  std::shared_ptr<boost::asio::ip::tcp::acceptor> acceptor_;
};

}  // namespace elit::daemon
