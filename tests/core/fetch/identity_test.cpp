#include "core/fetch/identity.hpp"

#include <gtest/gtest.h>

#include <set>

namespace elit {
namespace {

RowIdentity sample() {
  RowIdentity identity;
  identity.source = "support";
  identity.user_id = "919812345678";
  identity.instant = from_ms(1'769'850'902'345);
  identity.instant_text = "2026/01/31 09:15:02.345+0000";
  identity.sender = "bot";
  identity.type = "TEXT";
  identity.stable_response = "\"Your order has shipped\"";
  identity.media_url = "https://files.example.com/a.jpg?sig=1";
  return identity;
}

TEST(IdentityTest, NeverChanges) {
  EXPECT_EQ(message_key(digest_of(sample()), 0), "d4204d8889bac63fb1a7ad7052000000");
}

TEST(IdentityTest, DependsOnEverythingThatNamesAMessage) {
  std::set<std::string> keys{message_key(digest_of(sample()), 0)};
  const auto differs = [&keys](const RowIdentity& identity) {
    return keys.insert(message_key(digest_of(identity), 0)).second;
  };
  RowIdentity other = sample();
  other.source = "sales";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.user_id = "919812345679";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.instant = from_ms(1'769'850'902'346);
  EXPECT_TRUE(differs(other));
  other = sample();
  other.instant.reset();
  EXPECT_TRUE(differs(other));
  other.instant_text = "some day";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.sender = "user";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.type = "OPTIONS";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.stable_response = "\"Your order has arrived\"";
  EXPECT_TRUE(differs(other));
  other = sample();
  other.media_url = "https://files.example.com/b.jpg?sig=1";
  EXPECT_TRUE(differs(other));
}

TEST(IdentityTest, IgnoresTheInstantsTextAndTheUrlsSignature) {
  RowIdentity other = sample();
  other.instant_text = "1769850902345";
  other.media_url = "https://files.example.com/a.jpg?sig=2&expires=9#top";
  EXPECT_EQ(digest_of(other), digest_of(sample()));
}

TEST(IdentityTest, KeepsNeighbouringFieldsApart) {
  RowIdentity a = sample();
  a.sender = "ab";
  a.type = "c";
  RowIdentity b = sample();
  b.sender = "a";
  b.type = "bc";
  EXPECT_NE(digest_of(a), digest_of(b));
}

TEST(IdentityTest, TellsAnInstantFromItsText) {
  RowIdentity known = sample();
  RowIdentity unknown = sample();
  unknown.instant.reset();
  unknown.instant_text = "1769850902345";
  EXPECT_NE(digest_of(known), digest_of(unknown));
}

TEST(MessageKeyTest, HoldsDigestAndOccurrence) {
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(0xF0 + i);
  }
  const std::string key = message_key(digest, 0x0A0B0C);
  EXPECT_EQ(key, "f0f1f2f3f4f5f6f7f8f9fafbfc0a0b0c");
}

TEST(DirectionTest, HasANameEachWay) {
  for (const Direction direction :
       {Direction::in, Direction::out, Direction::agent, Direction::system, Direction::unknown}) {
    EXPECT_EQ(direction_from(to_string(direction)), direction);
  }
  EXPECT_EQ(direction_from("sideways"), Direction::unknown);
}

TEST(IdentityTest, TheLastOccurrenceFillsItsPlaceInTheKey) {
  EXPECT_EQ(message_key(Digest{}, occurrence_max), std::string(26, '0') + "ffffff");
}

}  // namespace
}  // namespace elit
