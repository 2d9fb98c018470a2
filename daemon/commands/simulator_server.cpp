#include "daemon/commands/simulator_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/text/time_text.hpp"

namespace elit::daemon {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size_bytes = 64 * 1024;
constexpr std::uint32_t header_size_bytes_max = 64 * 1024;
constexpr std::uint64_t body_size_bytes_max = 64 * 1024 * 1024;

using Parser = http::request_parser<http::string_body>;

// A socket that stop() can close while its coroutine waits, and the timer that the coroutine waits on.
struct Session {
  explicit Session(tcp::socket accepted) : socket(std::move(accepted)), timer(socket.get_executor()) {}

  void close() {
    error_code ignored;
    socket.close(ignored);
    timer.cancel();
    closed = true;
  }

  tcp::socket socket;
  asio::steady_timer timer;
  beast::flat_buffer buffer{header_size_bytes_max + read_size_bytes};
  bool closed = false;
};

Instant wall_clock() {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

ServerRequest request_of(Parser& parser) {
  auto& message = parser.get();
  ServerRequest request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) {
    HttpHeader header;
    header.name = field.name_string();
    header.value = field.value();
    request.headers.push_back(std::move(header));
  }
  request.body = std::move(message.body());
  request.received = wall_clock();
  return request;
}

ServerReply refusal(const error_code& error) {
  ServerReply reply;
  reply.answer.status = error == http::error::body_limit ? 413 : 400;
  return reply;
}

std::string head_of(const HttpResponse& answer, bool keep_alive) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string{reason} + "\r\n";
  for (const HttpHeader& header : answer.headers) {
    head += header.name + ": " + header.value + "\r\n";
  }
  if (!answer.header("Date")) {
    head += "Date: " + to_http_date(wall_clock()) + "\r\n";
  }
  if (answer.status != 204 && answer.status != 304) {
    head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  head += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return head;
}

asio::awaitable<error_code> write_all(Session& session, const std::string& bytes) {
  error_code error;
  co_await asio::async_write(session.socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<void> pause(Session& session, Milliseconds duration) {
  if (duration <= Milliseconds{0} || session.closed) {
    co_return;
  }
  error_code ignored;
  session.timer.expires_after(duration);
  co_await session.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> wait_for_end(Session& session) {
  std::array<char, 1024> bytes{};
  error_code error;
  while (!error) {
    co_await session.socket.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<void> drip(Session& session, std::string head, std::string body, Milliseconds interval) {
  error_code error = co_await write_all(session, head);
  for (std::size_t i = 0; i < body.size() && !error; ++i) {
    co_await pause(session, interval);
    const std::string byte = body.substr(i, 1);
    error = co_await write_all(session, byte);
  }
}

// Sends the reply. True when the connection may carry another request.
asio::awaitable<bool> give(Session& session, ServerReply reply, bool is_head, bool keep_alive) {
  co_await pause(session, reply.delay);
  std::string head = head_of(reply.answer, keep_alive);
  std::string body = is_head ? std::string{} : std::move(reply.answer.body);
  switch (reply.fault) {
    case ServerFault::none:
      break;
    case ServerFault::close_before_answer:
      co_return false;
    case ServerFault::hang:
      co_await wait_for_end(session);
      co_return false;
    case ServerFault::garbage: {
      const std::string garbage = "\x16\x03\x01 this is not HTTP\n\n";
      (void)co_await write_all(session, garbage);
      co_return false;
    }
    case ServerFault::close_mid_body: {
      body.resize(body.size() / 2);
      head += body;
      (void)co_await write_all(session, head);
      co_return false;
    }
    case ServerFault::drip:
      co_await drip(session, std::move(head), std::move(body), reply.drip_interval);
      co_return keep_alive;
  }
  head += body;
  const error_code error = co_await write_all(session, head);
  co_return keep_alive && !error;
}

// Reads one request. `end_of_stream` when the client has gone between two requests.
asio::awaitable<error_code> read_request(Session& session, Parser& parser) {
  parser.eager(true);
  parser.header_limit(header_size_bytes_max);
  parser.body_limit(body_size_bytes_max);
  error_code error;
  while (!parser.is_done()) {
    if (session.buffer.size() != 0) {
      session.buffer.consume(parser.put(session.buffer.data(), error));
      if (error && error != http::error::need_more) {
        co_return error;
      }
      if (parser.is_done()) {
        break;
      }
    }
    const std::size_t left = session.buffer.max_size() - session.buffer.size();
    if (left == 0) {
      co_return http::error::header_limit;
    }
    const auto room = session.buffer.prepare(std::min(left, read_size_bytes));
    const std::size_t size =
        co_await session.socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      co_return http::error::end_of_stream;
    }
    session.buffer.commit(size);
  }
  co_return error_code{};
}

}  // namespace

std::string ServerRequest::header(std::string_view name) const {
  HttpResponse lookup;
  lookup.headers = headers;
  return std::string{lookup.header(name).value_or(std::string_view{})};
}

struct Server::State {
  State(asio::any_io_executor executor_used, Handler handler_used)
      : executor(executor_used), acceptor(executor_used), handler(std::move(handler_used)) {}

  void stop() {
    stopped = true;
    error_code ignored;
    acceptor.close(ignored);
    for (Session* session : sessions) {
      session->close();
    }
  }

  static asio::awaitable<void> accept(std::shared_ptr<State> state);
  static asio::awaitable<void> serve(std::shared_ptr<State> state, tcp::socket socket);

  asio::any_io_executor executor;
  tcp::acceptor acceptor;
  Handler handler;
  std::set<Session*> sessions;
  bool stopped = false;
};

namespace {

void rethrow(const std::exception_ptr& problem) {
  if (problem) {
    std::rethrow_exception(problem);
  }
}

// Registers a session for stop() while its coroutine runs.
class Registered {
 public:
  Registered(std::set<Session*>& sessions, Session* session) : sessions_(sessions), session_(session) {
    sessions_.insert(session_);
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  ~Registered() { sessions_.erase(session_); }

 private:
  std::set<Session*>& sessions_;
  Session* session_;
};

}  // namespace

asio::awaitable<void> Server::State::accept(std::shared_ptr<State> state) {
  while (!state->stopped) {
    error_code error;
    tcp::socket socket = co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      asio::co_spawn(state->executor, serve(state, std::move(socket)), &rethrow);
    } else if (!state->stopped) {
      // Usually no descriptors are left. The connection stays in the queue, so wait before the next try.
      asio::steady_timer timer{state->executor};
      timer.expires_after(Milliseconds{50});
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
}

asio::awaitable<void> Server::State::serve(std::shared_ptr<State> state, tcp::socket socket) {
  Session session{std::move(socket)};
  const Registered registered{state->sessions, &session};
  error_code ignored;
  session.socket.set_option(tcp::no_delay{true}, ignored);
  bool more = true;
  while (more && !session.closed && !state->stopped) {
    Parser parser;
    const error_code error = co_await read_request(session, parser);
    if (error == http::error::end_of_stream || session.closed) {
      co_return;
    }
    ServerReply reply = error ? refusal(error) : ServerReply{};
    bool is_head = false;
    bool keep_alive = false;
    if (!error) {
      keep_alive = parser.keep_alive();
      const ServerRequest request = request_of(parser);
      is_head = request.method == "HEAD";
      reply = state->handler(request);
    }
    more = co_await give(session, std::move(reply), is_head, keep_alive);
    if (error) {
      // Closing with unread bytes would reset the connection, and the refusal could be lost.
      session.socket.shutdown(tcp::socket::shutdown_send, ignored);
      co_await wait_for_end(session);
    }
  }
}

Server::Server(asio::any_io_executor executor, const std::string& address, std::uint16_t port, Handler handler)
    : state_(std::make_shared<State>(std::move(executor), std::move(handler))) {
  error_code error;
  const asio::ip::address parsed = asio::ip::make_address(address, error);
  if (error || !parsed.is_loopback()) {
    throw std::runtime_error("the server listens on loopback addresses only (127.0.0.1, ::1), not on " + address);
  }
  const tcp::endpoint endpoint{parsed, port};
  try {
    state_->acceptor.open(endpoint.protocol());
    state_->acceptor.set_option(tcp::acceptor::reuse_address{true});
    state_->acceptor.bind(endpoint);
    state_->acceptor.listen();
  } catch (const boost::system::system_error& problem) {
    throw std::runtime_error("cannot listen on " + address + " port " + std::to_string(port) + ": " +
                             problem.code().message());
  }
  asio::co_spawn(state_->executor, State::accept(state_), &rethrow);
}

Server::~Server() {
  stop();
}

std::uint16_t Server::port() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

void Server::stop() {
  state_->stop();
}

}  // namespace elit::daemon
