#include "daemon/http/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <set>
#include <stdexcept>
#include <utility>

#include "daemon/http/connection.hpp"
#include "daemon/http/request_head.hpp"

namespace elit::daemon {
namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

// The connections of one transport. Coroutines share it, so it may outlive the transport until they end.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(asio::any_io_executor executor, std::shared_ptr<const Route> route)
      : executor_(std::move(executor)), route_(std::move(route)), idle_timer_(executor_) {}

  [[nodiscard]] const Route& route() const { return *route_; }
  [[nodiscard]] bool closed() const { return closed_; }

  [[nodiscard]] std::shared_ptr<Connection> make() const { return std::make_shared<Connection>(executor_, route_); }

  // The most recently used connection that the peer has not closed; null: there is none.
  [[nodiscard]] std::shared_ptr<Connection> take_idle() {
    drop_old();
    while (!idle_.empty()) {
      std::shared_ptr<Connection> connection = idle_.back().connection;
      idle_.pop_back();
      if (connection->usable()) {
        return connection;
      }
    }
    return nullptr;
  }

  void keep(std::shared_ptr<Connection> connection) {
    if (closed_ || route_->settings.connections_max <= 0) {
      return;
    }
    idle_.push_back(Idle{std::move(connection), steady_clock::now()});
    if (idle_.size() > static_cast<std::size_t>(route_->settings.connections_max)) {
      idle_.pop_front();
    }
    watch_idle();
  }

  void started(Connection* connection) { running_.insert(connection); }
  void ended(Connection* connection) { running_.erase(connection); }

  void close() {
    closed_ = true;
    idle_.clear();
    idle_timer_.cancel();
    route_->lookup->close();
    for (Connection* connection : running_) {
      connection->interrupt(Connection::Limit::closed);
    }
  }

 private:
  struct Idle {
    std::shared_ptr<Connection> connection;
    steady_clock::time_point since;
  };

  void drop_old() {
    while (!idle_.empty() && steady_clock::now() - idle_.front().since >= route_->settings.idle_timeout) {
      idle_.pop_front();
    }
  }

  void watch_idle() {
    if (idle_.empty()) {
      return;
    }
    idle_timer_.expires_at(idle_.front().since + route_->settings.idle_timeout);
    idle_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (!error && self) {
        self->drop_old();
        self->watch_idle();
      }
    });
  }

  asio::any_io_executor executor_;
  std::shared_ptr<const Route> route_;
  std::deque<Idle> idle_;  // the one that is idle for the longest time first
  std::set<Connection*> running_;
  asio::steady_timer idle_timer_;
  bool closed_ = false;
};

// A connection while a request uses it. At the end of the request the connection is closed unless it is reusable.
class Lease {
 public:
  Lease(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection, steady_clock::time_point total_at)
      : pool_(std::move(pool)), connection_(std::move(connection)) {
    pool_->started(connection_.get());
    connection_->begin(total_at);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    pool_->ended(connection_.get());
    connection_->finish();
  }

  [[nodiscard]] Connection& connection() const { return *connection_; }

  void keep() {
    if (connection_->interrupted() == Connection::Limit::none) {
      pool_->keep(connection_);
    }
  }

 private:
  std::shared_ptr<Pool> pool_;
  std::shared_ptr<Connection> connection_;
};

struct Attempt {
  Result<HttpResponse> result;
  bool reusable = false;    // the connection may carry another request
  bool unanswered = false;  // the peer closed it before any byte of an answer
};

Failure failure_of(FailureKind kind, std::string detail, bool answer_lost) {
  Failure failure;
  failure.kind = kind;
  failure.detail = std::move(detail);
  failure.answer_lost = answer_lost;
  return failure;
}

bool peer_went_away(const error_code& error) {
  return error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::error::connection_aborted || error == asio::error::eof ||
         error == asio::ssl::error::stream_truncated;
}

// Reads until the response is complete or broken, or the connection breaks.
asio::awaitable<error_code> read_answer(Connection& connection, AnswerReader& reader, Milliseconds header_timeout,
                                        Milliseconds body_idle_timeout) {
  error_code error;
  connection.limit(Connection::Limit::header, header_timeout);
  while (!error && reader.phase() == AnswerReader::Phase::header) {
    error = co_await connection.read_into(reader);
  }
  while (!error && reader.phase() == AnswerReader::Phase::body) {
    connection.limit(Connection::Limit::body_idle, body_idle_timeout);
    error = co_await connection.read_into(reader);
  }
  co_return error;
}

// One request over one open connection.
asio::awaitable<Attempt> converse(Connection& connection, const Route& route, const HttpRequest& request) {
  const std::string head = request_head(route, request);
  const Connection::Written written = co_await connection.write(head, request.body);
  error_code error = written.error;
  const auto body = request.method == "HEAD" ? AnswerReader::Body::none : AnswerReader::Body::expected;
  AnswerReader reader{body, route.settings.response_size_bytes_max};
  // A peer may respond and close before it has read the whole request. Its response is more useful than our write
  // error.
  if (!error || (peer_went_away(error) && written.handed_over)) {
    const error_code read_error =
        co_await read_answer(connection, reader, route.settings.header_timeout, route.settings.body_idle_timeout);
    error = error ? error : read_error;
  }
  Attempt attempt;
  const std::string where = request.method + " " + route.peer.name() + ": ";
  const bool interrupted = connection.interrupted() != Connection::Limit::none;
  if (reader.phase() == AnswerReader::Phase::complete) {
    attempt.reusable = !error && reader.keep_alive();
    attempt.result = reader.take_answer();
  } else if (reader.phase() == AnswerReader::Phase::failed && !reader.truncated()) {
    attempt.result = failure_of(FailureKind::malformed, where + reader.problem(), true);
  } else if (error || interrupted) {
    attempt.unanswered = !interrupted && !reader.started() && peer_went_away(error);
    attempt.result = failure_of(FailureKind::transient, where + connection.cause(error), written.handed_over);
  } else {
    attempt.unanswered = !reader.started();
    attempt.result = failure_of(FailureKind::transient, where + reader.problem(), written.handed_over);
  }
  co_return attempt;
}

asio::awaitable<Attempt> attempt_on(std::shared_ptr<Pool> pool, std::shared_ptr<Connection> connection, bool is_open,
                                    const HttpRequest& request, steady_clock::time_point total_at) {
  Lease lease{pool, std::move(connection), total_at};
  if (!is_open) {
    const Result<void> opened = co_await lease.connection().open();
    if (!opened) {
      Attempt attempt;
      attempt.result = opened.error();
      co_return attempt;
    }
  }
  Attempt attempt = co_await converse(lease.connection(), pool->route(), request);
  if (attempt.reusable) {
    lease.keep();
  }
  co_return attempt;
}

bool may_repeat(const HttpRequest& request, const Attempt& attempt) {
  if (attempt.result || !attempt.unanswered) {
    return false;
  }
  return request.method == "GET" || !attempt.result.error().answer_lost;
}

asio::awaitable<Result<HttpResponse>> exchange(std::shared_ptr<Pool> pool, HttpRequest request) {
  const Route& route = pool->route();
  const std::string where = request.method + " " + route.peer.name() + ": ";
  if (pool->closed()) {
    co_return failure_of(FailureKind::transient, where + "given up, the connection is being closed", false);
  }
  if (const std::string problem = unusable_part(request); !problem.empty()) {
    co_return failure_of(FailureKind::rejected, "a request to " + route.peer.name() + " was not sent: " + problem,
                         false);
  }
  const auto total_at = steady_clock::now() + route.settings.total_timeout;
  Attempt attempt;
  bool done = false;
  if (const std::shared_ptr<Connection> idle = pool->take_idle()) {
    attempt = co_await attempt_on(pool, idle, true, request, total_at);
    done = pool->closed() || !may_repeat(request, attempt);
  }
  if (!done) {
    const std::shared_ptr<Connection> fresh = pool->make();
    attempt = co_await attempt_on(pool, fresh, false, request, total_at);
  }
  if (attempt.result && attempt.result->status == 407 && route.proxy && !route.tls) {
    co_return failure_of(
        FailureKind::transient,
        where + "proxy " + route.proxy->name() + " requires credentials (407), which are not supported", false);
  }
  co_return std::move(attempt.result);
}

class SocketTransport final : public Transport {
 public:
  SocketTransport(asio::any_io_executor executor, std::shared_ptr<const Route> route)
      : pool_(std::make_shared<Pool>(std::move(executor), std::move(route))) {}
  SocketTransport(const SocketTransport&) = delete;
  SocketTransport& operator=(const SocketTransport&) = delete;
  ~SocketTransport() override { pool_->close(); }

  asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    return exchange(pool_, std::move(request));
  }

  void close() override { pool_->close(); }

 private:
  std::shared_ptr<Pool> pool_;
};

PeerAddress address_or_throw(const char* what, const std::string& url) {
  Result<PeerAddress> address = parse_peer_address(url);
  if (!address) {
    throw std::runtime_error(std::string{what} + " " + address.error().detail);
  }
  return std::move(*address);
}

}  // namespace

std::unique_ptr<Transport> make_transport(asio::any_io_executor executor, TransportSettings settings) {
  auto route = std::make_shared<Route>();
  route->peer = address_or_throw("base_url", settings.base_url);
  if (!settings.options.proxy.empty()) {
    route->proxy = address_or_throw("proxy", settings.options.proxy);
    if (route->proxy->tls) {
      throw std::runtime_error("proxy must begin with http://");
    }
  }
  if (route->peer.tls) {
    route->tls = make_tls_context(settings.options.ca_file);
  }
  route->lookup = std::make_shared<NameLookup>(executor, route->next_hop().host, &ask_system);
  route->settings = std::move(settings);
  return std::make_unique<SocketTransport>(std::move(executor), std::move(route));
}

}  // namespace elit::daemon
