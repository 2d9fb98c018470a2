#include "tests/daemon/http/scripted_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace elit::daemon {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// One connection of the peer. It keeps errors; the script continues after them.
struct Line {
  Line(tcp::socket accepted, asio::ssl::context* context) : socket(std::move(accepted)), tls_context(context) {}

  tcp::socket socket;
  asio::ssl::context* tls_context;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls;
  std::string received;
  error_code error;
};

asio::awaitable<void> write(Line& line, const std::string& text) {
  if (line.tls) {
    co_await asio::async_write(*line.tls, asio::buffer(text), asio::redirect_error(asio::use_awaitable, line.error));
  } else {
    co_await asio::async_write(line.socket, asio::buffer(text), asio::redirect_error(asio::use_awaitable, line.error));
  }
}

asio::awaitable<void> read_more(Line& line) {
  std::array<char, 4096> bytes{};
  const auto room = asio::buffer(bytes);
  std::size_t size = 0;
  if (line.tls) {
    size = co_await line.tls->async_read_some(room, asio::redirect_error(asio::use_awaitable, line.error));
  } else {
    size = co_await line.socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, line.error));
  }
  line.received.append(bytes.data(), size);
}

// The size of the first request in `bytes`, 0 when it is not whole yet.
std::size_t request_size(const std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) {
    return 0;
  }
  const std::size_t field = bytes.find("Content-Length: ");
  const std::size_t body = field < end ? std::stoul(bytes.substr(field + 16)) : 0;
  return bytes.size() >= end + 4 + body ? end + 4 + body : 0;
}

asio::awaitable<void> take_request(Line& line, std::shared_ptr<ScriptedPeer::Seen> seen) {
  while (!line.error && request_size(line.received) == 0) {
    co_await read_more(line);
  }
  if (const std::size_t size = request_size(line.received); size > 0) {
    seen->requests.push_back(line.received.substr(0, size));
    line.received.erase(0, size);
  }
}

asio::awaitable<void> handshake(Line& line, std::shared_ptr<ScriptedPeer::Seen> seen) {
  line.tls = std::make_unique<asio::ssl::stream<tcp::socket&>>(line.socket, *line.tls_context);
  co_await line.tls->async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, line.error));
  const char* name = ::SSL_get_servername(line.tls->native_handle(), TLSEXT_NAMETYPE_host_name);
  seen->server_names.emplace_back(name == nullptr ? "" : name);
}

asio::awaitable<void> drip_bytes(Line& line, std::string text) {
  asio::steady_timer timer{line.socket.get_executor()};
  for (std::size_t i = 0; i < text.size() && !line.error; ++i) {
    timer.expires_after(Milliseconds{10});
    co_await timer.async_wait(asio::use_awaitable);
    const std::string byte = text.substr(i, 1);
    co_await write(line, byte);
  }
}

asio::awaitable<void> hold_line(Line& line) {
  while (!line.error) {
    co_await read_more(line);
  }
}

asio::awaitable<void> do_step(Line& line, Step step, std::shared_ptr<ScriptedPeer::Seen> seen) {
  switch (step.kind) {
    case Step::Kind::take:
      co_return co_await take_request(line, seen);
    case Step::Kind::send:
      co_return co_await write(line, step.text);
    case Step::Kind::start_tls:
      co_return co_await handshake(line, seen);
    case Step::Kind::hold:
      co_return co_await hold_line(line);
    case Step::Kind::drip:
      co_return co_await drip_bytes(line, step.text);
    case Step::Kind::close:
      line.socket.close();
      break;
    case Step::Kind::goodbye:
      ::SSL_set_shutdown(line.tls->native_handle(), SSL_RECEIVED_SHUTDOWN);
      co_await line.tls->async_shutdown(asio::redirect_error(asio::use_awaitable, line.error));
      line.socket.close();
      break;
    case Step::Kind::reset:
      line.socket.set_option(asio::socket_base::linger{true, 0});
      line.socket.close();
      break;
  }
}

asio::awaitable<void> play(tcp::socket socket, Script script, asio::ssl::context* tls,
                           std::shared_ptr<ScriptedPeer::Seen> seen) {
  Line line{std::move(socket), tls};
  for (std::size_t i = 0; i < script.size() && !line.error; ++i) {
    const Step step = script[i];
    co_await do_step(line, step, seen);
  }
  line.socket.close();
  ++seen->ended;
}

asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor, std::vector<Script> scripts,
                                 asio::ssl::context* tls, std::shared_ptr<ScriptedPeer::Seen> seen) {
  error_code error;
  while (!error) {
    tcp::socket socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      co_return;
    }
    const std::size_t index = std::min(static_cast<std::size_t>(seen->connections), scripts.size() - 1);
    ++seen->connections;
    asio::co_spawn(acceptor->get_executor(), play(std::move(socket), scripts[index], tls, seen), asio::detached);
  }
}

}  // namespace

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

ScriptedPeer::ScriptedPeer(Loop& loop, std::vector<Script> scripts, asio::ssl::context* tls)
    : seen_(std::make_shared<Seen>()),
      acceptor_(std::make_shared<tcp::acceptor>(loop.io(), tcp::endpoint{asio::ip::address_v4::loopback(), 0})) {
  asio::co_spawn(loop.io(), accept_all(acceptor_, std::move(scripts), tls, seen_), asio::detached);
}

ScriptedPeer::~ScriptedPeer() {
  error_code ignored;
  acceptor_->close(ignored);
}

std::uint16_t ScriptedPeer::port() const {
  return acceptor_->local_endpoint().port();
}

std::string ScriptedPeer::url(const std::string& scheme, const std::string& host) const {
  return scheme + "://" + host + ":" + std::to_string(port());
}

}  // namespace elit::daemon
