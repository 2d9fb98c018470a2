#include "core/text/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace elit {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UrlTest, IsTakenApart) {
  const Result<Url> url = Url::parse("https://api.example.com/v1/a%20b/?c=d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_FALSE(url->host_is_ip);
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_FALSE(url->names_port);
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/v1/a%20b/");
  EXPECT_TRUE(url->has_query);
}

TEST(UrlTest, MayNameAPortAndAnAddress) {
  const Result<Url> url = Url::parse("HTTP://[::1]:81");
  ASSERT_TRUE(url);
  EXPECT_FALSE(url->tls);
  EXPECT_TRUE(url->host_is_ip);
  EXPECT_EQ(url->host, "::1");
  EXPECT_TRUE(url->names_port);
  EXPECT_EQ(url->port, 81);
  EXPECT_EQ(url->path, "");
  EXPECT_FALSE(url->has_query);
  EXPECT_EQ(Url::parse("http://a")->port, 80);
}

struct BadUrl {
  const char* text;
  const char* problem;
};

TEST(UrlTest, SaysWhatIsWrongWithoutRepeatingIt) {
  for (const BadUrl& bad : {BadUrl{"", "begins with https://"},
                            {"canary.example.com", "begins with https://"},
                            {"ftp://canary.example.com", "begins with https://"},
                            {"https://", "no host"},
                            {"https:///canary", "no host"},
                            {"https://[v1.canary]/", "no host"},
                            {"https://can ary", "valid URL"},
                            {"http://a%0d%0aX-Canary:%20canary/", "percent-encoded"},
                            {"http://a%2Fcanary", "percent-encoded"},
                            {"http://127.0.0.1.canary.com", "IPv4"},
                            {"https://u:canary@a.example.com", "password"},
                            {"https://a.example.com#canary", "fragment"},
                            {"http://a:", "empty port"},
                            {"http://a:0", "65535"},
                            {"http://a:65536", "65535"},
                            {"http://a:4294967376", "65535"}}) {
    const Result<Url> url = Url::parse(bad.text);
    ASSERT_FALSE(url) << bad.text;
    EXPECT_EQ(url.error().kind, FailureKind::rejected) << bad.text;
    EXPECT_THAT(url.error().detail, HasSubstr(bad.problem)) << bad.text;
    EXPECT_THAT(url.error().detail, Not(HasSubstr("canary"))) << bad.text;
  }
}

TEST(UrlTest, IsLoopbackByItsHostAlone) {
  for (const char* text : {"http://localhost", "http://LOCALHOST:8080/a", "http://127.0.0.1", "http://127.8.9.10:80/",
                           "http://[::1]/", "http://[0:0:0:0:0:0:0:1]"}) {
    const Result<Url> url = Url::parse(text);
    ASSERT_TRUE(url) << text;
    EXPECT_TRUE(url->is_loopback()) << text;
    EXPECT_FALSE(url->is_cleartext()) << text;
  }
  for (const char* text : {"http://localhost.example.com", "http://127.example.com", "http://127.1..2", "http://127.1",
                           "http://128.0.0.1", "http://[::2]", "http://a/127.0.0.1"}) {
    const Result<Url> url = Url::parse(text);
    ASSERT_TRUE(url) << text;
    EXPECT_FALSE(url->is_loopback()) << text;
    EXPECT_TRUE(url->is_cleartext()) << text;
  }
  EXPECT_FALSE(Url::parse("https://a.example.com")->is_cleartext());
}

TEST(UrlTest, SeparatesThePeerFromTheTarget) {
  EXPECT_EQ(split_url("https://crm.example.com:8443/a/b?c=d#e").base_url, "https://crm.example.com:8443");
  EXPECT_EQ(split_url("https://crm.example.com:8443/a/b?c=d#e").target, "/a/b?c=d");
  EXPECT_EQ(split_url("http://localhost").target, "/");
  EXPECT_EQ(split_url("http://localhost?x=1").base_url, "http://localhost");
  EXPECT_EQ(split_url("http://localhost?x=1").target, "/?x=1");
}

}  // namespace
}  // namespace elit
