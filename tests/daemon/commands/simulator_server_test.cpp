#include "daemon/commands/simulator_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <stdexcept>
#include <string>

#include "daemon/http/transport.hpp"
#include "tests/daemon/http/loop.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

TransportSettings settings_for(const Server& server) {
  TransportSettings settings;
  settings.base_url = "http://127.0.0.1:" + std::to_string(server.port());
  settings.total_timeout = Milliseconds{3000};
  return settings;
}

// Answers each request with its method, target and body; "X-Fault" chooses a fault.
ServerReply echo(const ServerRequest& request) {
  ServerReply reply;
  reply.answer.status = 200;
  reply.answer.body = request.method + " " + request.target + " " + request.body;
  const std::string fault = request.header("x-fault");
  reply.fault = fault == "close"     ? ServerFault::close_before_answer
                : fault == "cut"     ? ServerFault::close_mid_body
                : fault == "hang"    ? ServerFault::hang
                : fault == "garbage" ? ServerFault::garbage
                : fault == "drip"    ? ServerFault::drip
                                     : ServerFault::none;
  reply.drip_interval = Milliseconds{1};
  return reply;
}

HttpRequest with_fault(const std::string& fault) {
  HttpRequest request;
  request.headers = {{"X-Fault", fault}};
  return request;
}

// Sends raw bytes and returns all that comes back until the server closes.
asio::awaitable<std::string> raw(std::uint16_t port, std::string bytes) {
  asio::ip::tcp::socket socket{co_await asio::this_coro::executor};
  const asio::ip::tcp::endpoint endpoint{asio::ip::address_v4::loopback(), port};
  co_await socket.async_connect(endpoint, asio::use_awaitable);
  co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
  socket.shutdown(asio::ip::tcp::socket::shutdown_send);
  std::string answer;
  boost::system::error_code error;
  auto buffer = asio::dynamic_buffer(answer);
  co_await asio::async_read(socket, buffer, asio::redirect_error(asio::use_awaitable, error));
  co_return answer;
}

TEST(SimulatorServerTest, AnswersThroughItsHandlerOnAKeptConnection) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  const auto transport = make_transport(loop.executor(), settings_for(server));
  HttpRequest post;
  post.method = "POST";
  post.target = "/a?b=c";
  post.body = "hello";
  for (int i = 0; i < 2; ++i) {
    const Result<HttpResponse> answer = loop.run(transport->send(post));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, "POST /a?b=c hello");
    EXPECT_TRUE(answer->header("Date"));
  }
}

TEST(SimulatorServerTest, KeepsTheDateOfTheHandler) {
  Loop loop;
  const auto handler = [](const ServerRequest&) {
    ServerReply reply;
    reply.answer.status = 503;
    reply.answer.headers = {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    return reply;
  };
  const Server server{loop.executor(), "127.0.0.1", 0, handler};
  const auto transport = make_transport(loop.executor(), settings_for(server));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->header("Date"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(SimulatorServerTest, ListensOnLoopbackOnly) {
  Loop loop;
  EXPECT_THROW(Server(loop.executor(), "0.0.0.0", 0, &echo), std::runtime_error);
  EXPECT_THROW(Server(loop.executor(), "localhost", 0, &echo), std::runtime_error);
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  EXPECT_GT(server.port(), 0);
  EXPECT_THROW(Server(loop.executor(), "127.0.0.1", server.port(), &echo), std::runtime_error);
}

TEST(SimulatorServerTest, DoesToAnAnswerWhatANetworkMay) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  TransportSettings settings = settings_for(server);
  settings.header_timeout = Milliseconds{60};
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> closed = loop.run(transport->send(with_fault("close")));
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().detail, HasSubstr("closed before an answer"));
  const Result<HttpResponse> cut = loop.run(transport->send(with_fault("cut")));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().detail, HasSubstr("in the middle of the answer"));
  const Result<HttpResponse> hung = loop.run(transport->send(with_fault("hang")));
  ASSERT_FALSE(hung);
  EXPECT_THAT(hung.error().detail, HasSubstr("no answer within 60 ms"));
  const Result<HttpResponse> garbage = loop.run(transport->send(with_fault("garbage")));
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().kind, FailureKind::malformed);
  const Result<HttpResponse> dripped = loop.run(transport->send(with_fault("drip")));
  ASSERT_TRUE(dripped) << dripped.error().detail;
  EXPECT_EQ(dripped->body, "GET / ");
}

TEST(SimulatorServerTest, DelaysAnAnswer) {
  Loop loop;
  const auto handler = [](const ServerRequest&) {
    ServerReply reply;
    reply.answer.status = 200;
    reply.delay = Milliseconds{30};
    return reply;
  };
  const Server server{loop.executor(), "127.0.0.1", 0, handler};
  const auto transport = make_transport(loop.executor(), settings_for(server));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(loop.run(transport->send(HttpRequest{})));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds{30});
}

TEST(SimulatorServerTest, RefusesWhatIsNotHttp) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  EXPECT_THAT(loop.run(raw(server.port(), "nonsense\r\n\r\n")), StartsWith("HTTP/1.1 400 "));
}

TEST(SimulatorServerTest, RefusesABodyThatIsTooLarge) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\n";
  EXPECT_THAT(loop.run(raw(server.port(), head)), StartsWith("HTTP/1.1 413 "));
}

TEST(SimulatorServerTest, AnswersRequestsThatComeTogether) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  const std::string answers = loop.run(
      raw(server.port(), "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(answers, HasSubstr("GET /1 "));
  EXPECT_THAT(answers, testing::EndsWith("GET /2 "));
}

TEST(SimulatorServerTest, GivesHeadAnAnswerWithoutBody) {
  Loop loop;
  const Server server{loop.executor(), "127.0.0.1", 0, &echo};
  const auto transport = make_transport(loop.executor(), settings_for(server));
  HttpRequest head;
  head.method = "HEAD";
  for (int i = 0; i < 2; ++i) {
    const Result<HttpResponse> answer = loop.run(transport->send(head));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(answer->header("Content-Length"), "7");
  }
}

TEST(SimulatorServerTest, StopsEvenWhileClientsHang) {
  Loop loop;
  Server server{loop.executor(), "127.0.0.1", 0, &echo};
  const auto transport = make_transport(loop.executor(), settings_for(server));
  ASSERT_TRUE(loop.run(transport->send(HttpRequest{})));
  const auto hanging = loop.start(transport->send(with_fault("hang")));
  loop.io().poll();
  server.stop();
  ASSERT_TRUE(loop.until([&] { return hanging->has_value(); }));
  EXPECT_FALSE(**hanging);
  EXPECT_FALSE(loop.run(transport->send(HttpRequest{})));
}

}  // namespace
}  // namespace elit::daemon
