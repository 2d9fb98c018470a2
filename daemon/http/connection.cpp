#include "daemon/http/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace elit::daemon {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

Failure transient(std::string detail) {
  Failure failure;
  failure.detail = std::move(detail);
  return failure;
}

std::string within(Milliseconds duration) {
  return "within " + std::to_string(duration.count()) + " ms";
}

Milliseconds until(steady_clock::time_point end) {
  const auto left = std::chrono::ceil<Milliseconds>(end - steady_clock::now());
  return std::max(left, Milliseconds{0});
}

std::string in_words(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return "the peer closed the connection";
  }
  std::string words = error.message();
  if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z' && error.category() == boost::system::system_category()) {
    words[0] = static_cast<char>(words[0] - 'A' + 'a');
  }
  return words;
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, std::shared_ptr<const Route> route)
    : route_(std::move(route)), socket_(executor), timer_(executor) {}

void Connection::begin(steady_clock::time_point total_at) {
  total_at_ = total_at;
  limit(Limit::total, route_->settings.total_timeout);
}

void Connection::finish() {
  ++timer_round_;
  timer_.cancel();
}

void Connection::limit(Limit limit, Milliseconds duration) {
  auto at = steady_clock::now() + duration;
  if (at >= total_at_) {
    at = total_at_;
    limit = Limit::total;
  }
  const std::uint64_t round = ++timer_round_;
  timer_.expires_at(at);
  timer_.async_wait([weak = weak_from_this(), round, limit](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->timer_round_ != round) {
      return;
    }
    if (limit == Limit::address) {
      self->address_given_up_ = true;
      error_code ignored;
      self->socket_.close(ignored);
    } else {
      self->interrupt(limit);
    }
  });
}

void Connection::interrupt(Limit reason) {
  if (interrupted_ == Limit::none) {
    interrupted_ = reason;
  }
  error_code ignored;
  socket_.close(ignored);
}

std::string Connection::cause(const error_code& error) const {
  const TransportSettings& settings = route_->settings;
  switch (interrupted_) {
    case Limit::none:
    case Limit::address:
      return in_words(error);
    case Limit::connect:
      return "not done " + within(settings.connect_timeout);
    case Limit::handshake:
      return "handshake not done " + within(settings.handshake_timeout);
    case Limit::header:
      return "no answer " + within(settings.header_timeout);
    case Limit::body_idle:
      return "the answer stopped for " + std::to_string(settings.body_idle_timeout.count()) + " ms";
    case Limit::total:
      return "no complete answer " + within(settings.total_timeout);
    case Limit::closed:
      return "given up, the connection is being closed";
  }
  return in_words(error);
}

Milliseconds Connection::connect_time_left() const {
  return until(std::min(connect_at_, total_at_));
}

std::string Connection::hop_name() const {
  return route_->proxy ? "proxy " + route_->proxy->name() + " for " + route_->peer.name() : route_->peer.name();
}

asio::awaitable<Result<void>> Connection::open() {
  connect_at_ = steady_clock::now() + route_->settings.connect_timeout;
  Result<void> done = co_await connect_tcp();
  if (done && route_->proxy && route_->tls) {
    done = co_await open_tunnel();
  }
  if (done && route_->tls) {
    done = co_await handshake();
  }
  co_return done;
}

asio::awaitable<Result<void>> Connection::connect_tcp() {
  const PeerAddress& hop = route_->next_hop();
  std::vector<asio::ip::address> addresses;
  if (hop.host_is_ip) {
    addresses.push_back(asio::ip::make_address(hop.host));
  } else {
    Result<std::vector<asio::ip::address>> found = co_await route_->lookup->addresses(connect_time_left());
    if (!found) {
      co_return transient("connect to " + hop_name() + ": " + found.error().detail);
    }
    addresses = std::move(*found);
  }
  error_code error = asio::error::host_not_found;
  for (std::size_t i = 0; i < addresses.size() && error && interrupted_ == Limit::none; ++i) {
    // An address that drops packets must not use the time of the next ones.
    const bool last = i + 1 == addresses.size();
    const Milliseconds left = connect_time_left();
    limit(last ? Limit::connect : Limit::address, left / static_cast<int>(addresses.size() - i));
    error_code ignored;
    socket_.close(ignored);
    address_given_up_ = false;
    const tcp::endpoint endpoint{addresses[i], hop.port};
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (!error && address_given_up_) {
      error = asio::error::timed_out;
    }
  }
  if (error || interrupted_ != Limit::none) {
    co_return transient("connect to " + hop_name() + ": " + cause(error));
  }
  error_code ignored;
  socket_.set_option(tcp::no_delay{true}, ignored);
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Connection::open_tunnel() {
  limit(Limit::connect, connect_time_left());
  const std::string name = route_->peer.name();
  const std::string head = "CONNECT " + name + " HTTP/1.1\r\nHost: " + name +
                           "\r\nUser-Agent: elitbuzz-sync/" ELITBUZZ_SYNC_VERSION "\r\n\r\n";
  const std::string no_body;
  const Written written = co_await write(head, no_body);
  error_code error = written.error;
  AnswerReader reader{AnswerReader::Body::none, 0};
  while (!error && reader.phase() == AnswerReader::Phase::header) {
    error = co_await read_into(reader);
  }
  const std::string proxy = "proxy " + route_->proxy->name();
  if (error || interrupted_ != Limit::none) {
    co_return transient(proxy + " did not open a tunnel to " + name + ": " + cause(error));
  }
  if (reader.phase() == AnswerReader::Phase::failed) {
    co_return transient(proxy + " did not open a tunnel to " + name + ": " + reader.problem());
  }
  if (reader.status() == 407) {
    co_return transient(proxy + " did not open a tunnel to " + name +
                        ": it requires credentials (407), which are not supported");
  }
  if (reader.status() >= 300) {
    co_return transient(proxy + " did not open a tunnel to " + name + ": it answers with status " +
                        std::to_string(reader.status()));
  }
  co_return Result<void>{};
}

asio::awaitable<Result<void>> Connection::handshake() {
  limit(Limit::handshake, route_->settings.handshake_timeout);
  tls_.emplace(socket_, *route_->tls);
  const std::string name = route_->peer.name();
  if (!expect_peer(*tls_, route_->peer)) {
    co_return transient("TLS with " + name + ": the host name cannot be used for TLS");
  }
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
  if (interrupted_ != Limit::none) {
    co_return transient("TLS with " + name + ": " + cause(error));
  }
  if (error) {
    co_return transient("TLS with " + name + ": " + explain_handshake(*tls_, error));
  }
  co_return Result<void>{};
}

asio::awaitable<Connection::Written> Connection::write(const std::string& head, const std::string& body) {
  const std::array<asio::const_buffer, 2> bytes{asio::buffer(head), asio::buffer(body)};
  Written written;
  std::size_t size_bytes = 0;
  if (tls_) {
    size_bytes = co_await asio::async_write(*tls_, bytes, asio::redirect_error(asio::use_awaitable, written.error));
    // The count covers only bytes that OpenSSL confirmed; more records may have left.
    written.handed_over = true;
  } else {
    size_bytes = co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, written.error));
    written.handed_over = size_bytes > 0;
  }
  co_return written;
}

asio::awaitable<error_code> Connection::read_into(AnswerReader& reader) {
  const auto room = reader.room();
  const auto buffer = asio::buffer(room.data(), room.size());
  error_code error;
  std::size_t size_bytes = 0;
  if (tls_) {
    size_bytes = co_await tls_->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  } else {
    size_bytes = co_await socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  }
  reader.commit(size_bytes);
  if (error == asio::error::eof) {
    reader.end();
    error.clear();
  }
  co_return error;
}

bool Connection::usable() {
  if (!socket_.is_open() || interrupted_ != Limit::none) {
    return false;
  }
  // An unread TLS record can only be the peer's close or a session ticket. A new connection is cheaper than a lost
  // POST.
  if (tls_ && (::SSL_has_pending(tls_->native_handle()) == 1 ||
               ::BIO_ctrl_pending(::SSL_get_rbio(tls_->native_handle())) > 0)) {
    return false;
  }
  char byte = 0;
  const ssize_t size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace elit::daemon
