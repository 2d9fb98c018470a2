#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "daemon/http/transport.hpp"
#include "tests/daemon/http/certificate.hpp"
#include "tests/daemon/http/scripted_peer.hpp"

namespace elit::daemon {
namespace {

using testing::HasSubstr;

class TransportTlsTest : public testing::Test {
 protected:
  static TransportSettings settings_for(const std::string& base_url, const std::string& ca_file) {
    TransportSettings settings;
    settings.base_url = base_url;
    settings.options.ca_file = ca_file;
    settings.total_timeout = Milliseconds{3000};
    return settings;
  }

  static std::string file_name() {
    return std::string{testing::UnitTest::GetInstance()->current_test_info()->name()} + ".pem";
  }

  Certificate certificate = make_certificate("DNS:localhost,IP:127.0.0.1");
  boost::asio::ssl::context context = server_context(certificate);
  std::string ca_file = save_certificate(certificate, file_name());
  Loop loop;
};

TEST_F(TransportTlsTest, TalksToAPeerWhoseAuthorityIsKnownAndNamesItsHost) {
  const ScriptedPeer peer{loop, {{start_tls(), take(), send(ok("1")), take(), send(ok("2"))}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ca_file));
  for (const char* body : {"1", "2"}) {
    const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, body);
  }
  EXPECT_EQ(peer.seen().connections, 1);
  EXPECT_EQ(peer.seen().server_names.at(0), "localhost");
}

TEST_F(TransportTlsTest, VerifiesAnIpAddress) {
  const ScriptedPeer peer{loop, {{start_tls(), take(), send(ok("1"))}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https"), ca_file));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(peer.seen().server_names.at(0), "");
}

TEST_F(TransportTlsTest, SendsNoRequestToAnUntrustedPeer) {
  const ScriptedPeer peer{loop, {{start_tls(), take(), send(ok("1"))}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ""));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_FALSE(answer.error().answer_lost);
  EXPECT_THAT(answer.error().detail, HasSubstr("TLS with localhost:"));
  EXPECT_THAT(answer.error().detail, HasSubstr("certificate is not trusted"));
  EXPECT_THAT(answer.error().detail, HasSubstr("set ca_file"));
  ASSERT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
  EXPECT_TRUE(peer.seen().requests.empty());
}

TEST_F(TransportTlsTest, SendsNoRequestToAnotherHost) {
  for (const char* names : {"DNS:other.example.com", "IP:127.0.0.2"}) {
    const Certificate other = make_certificate(names);
    boost::asio::ssl::context other_context = server_context(other);
    const std::string other_file = save_certificate(other, "other_" + file_name());
    for (const char* host : {"localhost", "127.0.0.1"}) {
      const ScriptedPeer peer{loop, {{start_tls(), take(), send(ok("1"))}}, &other_context};
      const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", host), other_file));
      const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
      ASSERT_FALSE(answer) << host;
      EXPECT_THAT(answer.error().detail, HasSubstr("the certificate is for another host"));
      ASSERT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
      EXPECT_TRUE(peer.seen().requests.empty());
    }
  }
}

TEST_F(TransportTlsTest, SaysWhenThePeerDoesNotSpeakIt) {
  const ScriptedPeer peer{loop, {{send("HTTP/1.1 400 Bad Request\r\n\r\n"), hold()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ca_file));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().answer_lost);
  EXPECT_THAT(answer.error().detail, HasSubstr("does not speak TLS"));
}

TEST_F(TransportTlsTest, TakesAnAnswerWithoutLengthOnlyWhenItEndsInOrder) {
  const std::string bytes = "HTTP/1.0 200 OK\r\n\r\nwhole";
  const ScriptedPeer peer{
      loop, {{start_tls(), take(), send(bytes), goodbye()}, {start_tls(), take(), send(bytes), close()}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ca_file));
  const Result<HttpResponse> whole = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(whole) << whole.error().detail;
  EXPECT_EQ(whole->body, "whole");
  const Result<HttpResponse> cut = loop.run(transport->send(HttpRequest{}));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, FailureKind::transient);
}

TEST_F(TransportTlsTest, NoticesAGoodbyeBeforeItUsesAConnection) {
  const ScriptedPeer peer{
      loop, {{start_tls(), take(), send(ok("1")), goodbye()}, {start_tls(), take(), send(ok("2"))}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ca_file));
  ASSERT_TRUE(loop.run(transport->send(HttpRequest{})));
  ASSERT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
  HttpRequest post;
  post.method = "POST";
  const Result<HttpResponse> answer = loop.run(transport->send(post));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "2");
}

TEST_F(TransportTlsTest, RepeatsAGetWhenTheConnectionWasStale) {
  const ScriptedPeer peer{
      loop, {{start_tls(), take(), send(ok("1")), take(), close()}, {start_tls(), take(), send(ok("2"))}}, &context};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("https", "localhost"), ca_file));
  ASSERT_TRUE(loop.run(transport->send(HttpRequest{})));
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "2");
}

TEST_F(TransportTlsTest, GoesThroughATunnel) {
  const Script script{take(), send("HTTP/1.0 200 Connection established\r\n\r\n"), start_tls(), take(), send(ok("1"))};
  const ScriptedPeer proxy{loop, {script}, &context};
  TransportSettings settings = settings_for("https://localhost:4433/v1", ca_file);
  settings.options.proxy = proxy.url();
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> answer = loop.run(transport->send(HttpRequest{}));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_THAT(proxy.seen().requests.at(0), testing::StartsWith("CONNECT localhost:4433 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.seen().requests.at(1), testing::StartsWith("GET /v1/ HTTP/1.1\r\nHost: localhost:4433\r\n"));
  EXPECT_EQ(proxy.seen().server_names.at(0), "localhost");
}

TEST_F(TransportTlsTest, MovesLargeBodiesBothWays) {
  const std::string large(std::size_t{3} * 1024 * 1024, 'y');
  const ScriptedPeer peer{loop, {{start_tls(), take(), send(ok(large))}}, &context};
  TransportSettings settings = settings_for(peer.url("https", "localhost"), ca_file);
  settings.total_timeout = Milliseconds{30'000};  // under a sanitizer and on a busy machine
  settings.header_timeout = settings.body_idle_timeout = settings.total_timeout;
  const auto transport = make_transport(loop.executor(), settings);
  HttpRequest post;
  post.method = "POST";
  post.body.assign(std::size_t{1} * 1024 * 1024, 'x');
  const Result<HttpResponse> answer = loop.run(transport->send(post));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, large);
  EXPECT_THAT(peer.seen().requests.at(0), testing::EndsWith(post.body));
}

}  // namespace
}  // namespace elit::daemon
