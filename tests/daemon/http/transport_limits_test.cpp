#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <vector>

#include "daemon/http/transport.hpp"
#include "tests/daemon/http/scripted_peer.hpp"

namespace elit::daemon {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;

constexpr Milliseconds brief{60};

TransportSettings settings_for(const std::string& base_url) {
  TransportSettings settings;
  settings.base_url = base_url;
  settings.total_timeout = Milliseconds{3000};
  return settings;
}

// A listener whose queue is full: on loopback, further connects get no answer at all.
class DeafListener {
 public:
  explicit DeafListener(Loop& loop) : acceptor_(loop.io(), tcp::v4()) {
    acceptor_.bind(tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      fillers_.emplace_back(loop.io());
      fillers_.back().async_connect(acceptor_.local_endpoint(), [](const boost::system::error_code&) {});
    }
    loop.io().poll();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

 private:
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> fillers_;
};

void expect_transient(const Result<HttpResponse>& answer, bool answer_lost, const std::string& words) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_EQ(answer.error().answer_lost, answer_lost);
  EXPECT_THAT(answer.error().detail, HasSubstr(words));
}

TEST(TransportLimitsTest, EndAConnectThatHangs) {
  Loop loop;
  const DeafListener listener{loop};
  TransportSettings settings = settings_for("http://" + listener.address());
  settings.connect_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), false,
                   "connect to " + listener.address() + ": not done within 60 ms");
}

TEST(TransportLimitsTest, EndAHandshakeThatHangs) {
  Loop loop;
  const ScriptedPeer peer{loop, {{hold()}}};
  TransportSettings settings = settings_for(peer.url("https"));
  settings.handshake_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), false, "handshake not done within 60 ms");
}

TEST(TransportLimitsTest, EndATunnelThatHangs) {
  Loop loop;
  const ScriptedPeer proxy{loop, {{hold()}}};
  TransportSettings settings = settings_for("https://api.example.com");
  settings.options.proxy = proxy.url();
  settings.connect_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), false,
                   "did not open a tunnel to api.example.com:443: not done within 60 ms");
}

TEST(TransportLimitsTest, EndAWaitForAnAnswer) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), hold()}}};
  TransportSettings settings = settings_for(peer.url());
  settings.header_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), true, "no answer within 60 ms");
}

TEST(TransportLimitsTest, EndASilenceInABody) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), hold()}}};
  TransportSettings settings = settings_for(peer.url());
  settings.body_idle_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), true, "the answer stopped for 60 ms");
}

TEST(TransportLimitsTest, EndABodyThatDrips) {
  Loop loop;
  const ScriptedPeer peer{
      loop, {{take(), send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), drip(std::string(999, 'x'))}}};
  TransportSettings settings = settings_for(peer.url());
  settings.body_idle_timeout = brief;
  settings.total_timeout = Milliseconds{150};
  const auto transport = make_transport(loop.executor(), settings);
  expect_transient(loop.run(transport->send(HttpRequest{})), true, "no complete answer within 150 ms");
}

TEST(TransportLimitsTest, LetASlowBodyArriveThatNeverStops) {
  Loop loop;
  const ScriptedPeer peer{
      loop, {{take(), send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"), drip(std::string(20, 'x'))}}};
  TransportSettings settings = settings_for(peer.url());
  settings.body_idle_timeout = Milliseconds{150};  // the whole body takes longer
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, std::string(20, 'x'));
}

TEST(TransportLimitsTest, EndARequestThatNobodyReads) {
  Loop loop;
  const tcp::acceptor acceptor{loop.io(), tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
  TransportSettings settings = settings_for("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  settings.total_timeout = brief;
  const auto transport = make_transport(loop.executor(), settings);
  HttpRequest request;
  request.method = "POST";
  request.body.assign(std::size_t{32} * 1024 * 1024, 'x');
  expect_transient(loop.run(transport->send(request)), true, "no complete answer within 60 ms");
}

TEST(TransportLimitsTest, RefuseALargeBodyAtItsHeader) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), hold()}}};
  TransportSettings settings = settings_for(peer.url());
  settings.response_size_bytes_max = 1000;
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::malformed);
  EXPECT_THAT(answer.error().detail, HasSubstr("larger than 1000 bytes"));
  EXPECT_TRUE(loop.until([&] { return peer.seen().ended == 1; })) << "the connection was kept";
}

TEST(TransportLimitsTest, RefuseThousandsOfHeaders) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int i = 0; i < 5000; ++i) {
    head += "X-" + std::to_string(i) + ": y\r\n";
  }
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(head + "\r\n"), hold()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::malformed);
}

}  // namespace
}  // namespace elit::daemon
