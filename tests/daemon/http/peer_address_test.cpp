#include "daemon/http/peer_address.hpp"

#include <gtest/gtest.h>

namespace elit::daemon {
namespace {

TEST(PeerAddressTest, TakesAUrlApart) {
  const Result<PeerAddress> address = parse_peer_address("https://api.example.com/v1/x/");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->tls);
  EXPECT_FALSE(address->host_is_ip);
  EXPECT_EQ(address->host, "api.example.com");
  EXPECT_EQ(address->port, 443);
  EXPECT_EQ(address->prefix, "/v1/x");
  EXPECT_EQ(address->name(), "api.example.com:443");
  EXPECT_EQ(address->authority(), "api.example.com");
}

TEST(PeerAddressTest, NamesThePortThatIsNotTheDefault) {
  const Result<PeerAddress> address = parse_peer_address("http://api.example.com:8080/");
  ASSERT_TRUE(address);
  EXPECT_FALSE(address->tls);
  EXPECT_EQ(address->prefix, "");
  EXPECT_EQ(address->authority(), "api.example.com:8080");
}

TEST(PeerAddressTest, PutsBracketsAroundIpVersion6) {
  const Result<PeerAddress> address = parse_peer_address("http://[::1]:81");
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->host_is_ip);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->name(), "[::1]:81");
}

TEST(PeerAddressTest, RefusesWhatItCannotUse) {
  for (const char* url :
       {"", "api.example.com", "ftp://api.example.com", "https://", "https://u:canary@api.example.com",
        "https://api.example.com?x=canary", "https://api.example.com#canary", "http://a:0", "http://a:99999",
        "http://a b", "http://a%0d%0aX-Canary:%20canary/", "http://a%2Fb", "http://a%00",
        "http://127.0.0.1.example.com"}) {
    const Result<PeerAddress> address = parse_peer_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().kind, FailureKind::rejected) << url;
    EXPECT_EQ(address.error().detail.find("canary"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace elit::daemon
