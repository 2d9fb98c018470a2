#include "daemon/http/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <stdexcept>
#include <string>

#include "tests/daemon/http/scripted_peer.hpp"

namespace elit::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TransportSettings settings_for(const std::string& base_url) {
  TransportSettings settings;
  settings.base_url = base_url;
  settings.total_timeout = Milliseconds{3000};
  return settings;
}

HttpRequest get(std::string target = "/") {
  HttpRequest request;
  request.target = std::move(target);
  return request;
}

HttpRequest post(std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/in";
  request.body = std::move(body);
  return request;
}

TEST(TransportTest, SendsWhatAServerNeeds) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("one")), take(), send(ok(""))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url() + "/prefix"));
  HttpRequest first = get("/users?a=b");
  first.headers = {{"Authorization", "Basic k"}, {"Host", "evil"}, {"Content-Length", "9"}};
  const Result<HttpResponse> answer = loop.run(transport->send(first));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "one");
  ASSERT_TRUE(loop.run(transport->send(post("hello"))));
  const std::string& head = peer.seen().requests.at(0);
  EXPECT_THAT(head,
              StartsWith("GET /prefix/users?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: elitbuzz-sync/"));
  EXPECT_THAT(head, HasSubstr("Authorization: Basic k\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("evil")));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(peer.seen().requests.at(1), HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(peer.seen().requests.at(1), testing::EndsWith("\r\n\r\nhello"));
}

TEST(TransportTest, UsesAConnectionAgain) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("1")), take(), send(ok("2")), take(), send(ok("3"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  for (const char* body : {"1", "2", "3"}) {
    const Result<HttpResponse> answer = loop.run(transport->send(get()));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, body);
  }
  EXPECT_EQ(peer.seen().connections, 1);
}

TEST(TransportTest, UsesNoConnectionAgainThatThePeerWillClose) {
  Loop loop;
  const Script once{take(), send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), hold()};
  const ScriptedPeer peer{loop, {once}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  ASSERT_TRUE(loop.run(transport->send(post("x"))));
  EXPECT_EQ(peer.seen().connections, 2);
}

TEST(TransportTest, ClosesAConnectionThatHasBeenIdleTooLong) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("")), hold()}}};
  TransportSettings settings = settings_for(peer.url());
  settings.idle_timeout = Milliseconds{20};
  const auto transport = make_transport(loop.executor(), settings);
  ASSERT_TRUE(loop.run(transport->send(get())));
  EXPECT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
}

TEST(TransportTest, KeepsNoMoreIdleConnectionsThanAllowed) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("")), hold()}}};
  TransportSettings settings = settings_for(peer.url());
  settings.connections_max = 1;
  const auto transport = make_transport(loop.executor(), settings);
  const auto first = loop.start(transport->send(get()));
  const auto second = loop.start(transport->send(get()));
  ASSERT_TRUE(loop.until([&] { return first->has_value() && second->has_value(); }));
  EXPECT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
  EXPECT_EQ(peer.seen().connections, 2);
}

TEST(TransportTest, NoticesAClosedConnectionBeforeItUsesIt) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("1")), close()}, {take(), send(ok("2"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  ASSERT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
  const Result<HttpResponse> answer = loop.run(transport->send(post("x")));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "2");
}

TEST(TransportTest, DoesNotTrustAConnectionThatSpeaksUnasked) {
  Loop loop;
  const std::string late = "HTTP/1.1 408 ";
  const ScriptedPeer peer{loop, {{take(), send(ok("1")), drip(late), close()}, {take(), send(ok("2"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  ASSERT_TRUE(loop.until([&] { return peer.seen().ended == 1; }));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "2");
}

TEST(TransportTest, RepeatsAGetOnceWhenTheConnectionWasStale) {
  for (const Step& end : {close(), reset()}) {
    Loop loop;
    const ScriptedPeer peer{loop, {{take(), send(ok("1")), take(), end}, {take(), send(ok("2"))}}};
    const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
    ASSERT_TRUE(loop.run(transport->send(get())));
    const Result<HttpResponse> answer = loop.run(transport->send(get()));
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->body, "2");
    EXPECT_EQ(peer.seen().requests.size(), 3U);
  }
}

TEST(TransportTest, RepeatsAGetNoMoreThanOnce) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("1")), take(), close()}, {take(), close()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_TRUE(answer.error().answer_lost);
  EXPECT_EQ(peer.seen().connections, 2);
}

TEST(TransportTest, NeverRepeatsAPostByItself) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("1")), take(), close()}, {take(), send(ok("2"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  const Result<HttpResponse> answer = loop.run(transport->send(post("x")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_TRUE(answer.error().answer_lost);
  EXPECT_EQ(peer.seen().connections, 1);
}

TEST(TransportTest, DoesNotRepeatAGetThatWasAlreadyBeingAnswered) {
  Loop loop;
  const ScriptedPeer peer{loop,
                          {{take(), send(ok("1")), take(), send("HTTP/1.1 2"), close()}, {take(), send(ok("2"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  ASSERT_TRUE(loop.run(transport->send(get())));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_EQ(peer.seen().connections, 1);
}

TEST(TransportTest, SaysWhenNothingWasSent) {
  Loop loop;
  std::string url;
  {
    const ScriptedPeer gone{loop, {{}}};
    url = gone.url();
  }
  const auto transport = make_transport(loop.executor(), settings_for(url));
  const Result<HttpResponse> answer = loop.run(transport->send(post("x")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_FALSE(answer.error().answer_lost);
  EXPECT_THAT(answer.error().detail, testing::MatchesRegex("connect to 127.0.0.1:[0-9]+: connection refused"));
}

TEST(TransportTest, TriesEveryAddressOfAHost) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok("1"))}}};
  // localhost may be ::1 first, and nothing listens there on this port.
  const auto transport = make_transport(loop.executor(), settings_for(peer.url("http", "localhost")));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_TRUE(answer) << answer.error().detail;
}

TEST(TransportTest, TakesACutAnswerForATransientFailure) {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    Loop loop;
    const ScriptedPeer peer{loop, {{take(), send(bytes), close()}}};
    const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
    const Result<HttpResponse> answer = loop.run(transport->send(get("/users/919812345678")));
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().kind, FailureKind::transient) << bytes;
    EXPECT_TRUE(answer.error().answer_lost) << bytes;
    EXPECT_THAT(answer.error().detail, Not(HasSubstr("919812345678")));
  }
}

TEST(TransportTest, TakesGarbageForAMalformedAnswer) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send("220 smtp canary\r\n\r\n"), close()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::malformed);
  EXPECT_THAT(answer.error().detail, HasSubstr("not HTTP"));
  EXPECT_THAT(answer.error().detail, Not(HasSubstr("canary")));
}

TEST(TransportTest, TakesAPlainAnswerThatEndsWithTheConnection) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send("HTTP/1.0 200 OK\r\n\r\nwhole"), close()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "whole");
}

TEST(TransportTest, DoesNotTakeAResetForAnEnd) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), drip("HTTP/1.0 200 OK\r\n\r\npart"), reset()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
}

TEST(TransportTest, ReturnsARedirectAndFollowsNone) {
  Loop loop;
  const ScriptedPeer other{loop, {{take(), send(ok("stolen"))}}};
  const ScriptedPeer peer{
      loop, {{take(), send("HTTP/1.1 302 Found\r\nLocation: " + other.url() + "\r\nContent-Length: 0\r\n\r\n")}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(get()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->header("location"), other.url());
  EXPECT_EQ(other.seen().connections, 0);
}

TEST(TransportTest, ReadsTheAnswerOfAPeerThatWouldNotReadTheRequest) {
  Loop loop;
  const std::string too_large = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
  const ScriptedPeer peer{loop, {{send(too_large), close()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const Result<HttpResponse> answer = loop.run(transport->send(post(std::string(16 * 1024 * 1024, 'x'))));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 413);
}

TEST(TransportTest, SendsNothingThatWouldBreakOutOfAHeader) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), send(ok(""))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  HttpRequest bad_value = get();
  bad_value.headers = {{"Authorization", "canary\r\nX: y"}};
  HttpRequest bad_name = get();
  bad_name.headers = {{"A b", "x"}};
  HttpRequest bad_method = get();
  bad_method.method = "GET /";
  for (const HttpRequest& request : {bad_value, bad_name, bad_method, get("/a b"), get("/\xc3\xa4"), get("")}) {
    const Result<HttpResponse> answer = loop.run(transport->send(request));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureKind::rejected);
    EXPECT_FALSE(answer.error().answer_lost);
    EXPECT_THAT(answer.error().detail, Not(HasSubstr("canary")));
  }
  EXPECT_EQ(peer.seen().connections, 0);
}

TEST(TransportTest, EndsRunningRequestsWhenClosed) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), hold()}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const auto running = loop.start(transport->send(post("x")));
  ASSERT_TRUE(loop.until([&] { return peer.seen().requests.size() == 1; }));
  transport->close();
  loop.io().poll();
  ASSERT_TRUE(running->has_value());
  ASSERT_FALSE(**running);
  EXPECT_EQ((*running)->error().kind, FailureKind::transient);
  EXPECT_TRUE((*running)->error().answer_lost);
  const Result<HttpResponse> later = loop.run(transport->send(get()));
  ASSERT_FALSE(later);
  EXPECT_FALSE(later.error().answer_lost);
  EXPECT_EQ(peer.seen().connections, 1);
}

TEST(TransportTest, MayGoWhileRequestsRun) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), hold()}}};
  auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  const auto running = loop.start(transport->send(get()));
  ASSERT_TRUE(loop.until([&] { return peer.seen().requests.size() == 1; }));
  transport.reset();
  ASSERT_TRUE(loop.until([&] { return running->has_value(); }));
  EXPECT_FALSE(**running);
}

TEST(TransportTest, LetsGoOfTheConnectionWhenTheCallerIsCancelled) {
  Loop loop;
  const ScriptedPeer peer{loop, {{take(), hold()}, {take(), send(ok("2"))}}};
  const auto transport = make_transport(loop.executor(), settings_for(peer.url()));
  boost::asio::cancellation_signal signal;
  bool cancelled = false;
  boost::asio::co_spawn(loop.io(), transport->send(get()),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](const std::exception_ptr& problem, Result<HttpResponse> answer) {
                              cancelled = problem != nullptr || !answer;
                            }));
  ASSERT_TRUE(loop.until([&] { return peer.seen().requests.size() == 1; }));
  signal.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(loop.until([&] { return cancelled && peer.seen().ended == 1; }));
  EXPECT_TRUE(loop.run(transport->send(get())));
}

TEST(TransportTest, RefusesUrlsItCannotUse) {
  Loop loop;
  EXPECT_THROW(static_cast<void>(make_transport(loop.executor(), settings_for("nonsense"))), std::runtime_error);
  TransportSettings settings = settings_for("http://127.0.0.1");
  settings.options.proxy = "https://proxy.example.com";
  EXPECT_THROW(static_cast<void>(make_transport(loop.executor(), settings)), std::runtime_error);
  settings = settings_for("https://127.0.0.1");
  settings.options.ca_file = "/nonexistent/ca.pem";
  EXPECT_THROW(static_cast<void>(make_transport(loop.executor(), settings)), std::runtime_error);
}

TEST(TransportProxyTest, AsksForTheWholeUrl) {
  Loop loop;
  const ScriptedPeer proxy{loop, {{take(), send(ok("via"))}}};
  TransportSettings settings = settings_for("http://api.example.com/v1");
  settings.options.proxy = proxy.url();
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> answer = loop.run(transport->send(get("/users")));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_THAT(proxy.seen().requests.at(0),
              StartsWith("GET http://api.example.com/v1/users HTTP/1.1\r\nHost: api.example.com\r\n"));
}

TEST(TransportProxyTest, DoesNotTakeItsRefusalForThePeers) {
  Loop loop;
  const ScriptedPeer proxy{loop,
                           {{take(), send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")}}};
  TransportSettings settings = settings_for("http://api.example.com");
  settings.options.proxy = proxy.url();
  const auto transport = make_transport(loop.executor(), settings);
  const Result<HttpResponse> answer = loop.run(transport->send(post("x")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FailureKind::transient);
  EXPECT_FALSE(answer.error().answer_lost);
  EXPECT_THAT(answer.error().detail, HasSubstr("credentials"));
}

TEST(TransportProxyTest, SaysWhenItOpensNoTunnel) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"HTTP/1.1 407 x\r\n\r\n", "credentials"},
      {"HTTP/1.1 403 x\r\n\r\n", "status 403"},
      {"hello\r\n\r\n", "not HTTP"},
      {"", "closed"},
  };
  for (const auto& [bytes, words] : cases) {
    Loop loop;
    const ScriptedPeer proxy{loop, {{take(), send(bytes), close()}}};
    TransportSettings settings = settings_for("https://api.example.com");
    settings.options.proxy = proxy.url();
    const auto transport = make_transport(loop.executor(), settings);
    const Result<HttpResponse> answer = loop.run(transport->send(get()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FailureKind::transient);
    EXPECT_FALSE(answer.error().answer_lost);
    EXPECT_THAT(answer.error().detail, HasSubstr(words));
    EXPECT_THAT(proxy.seen().requests.at(0),
                StartsWith("CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n"));
  }
}

}  // namespace
}  // namespace elit::daemon
