#include "core/text/signed_jwt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace elit::crm {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string decode(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  EXPECT_GE(size, 0);
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

bool verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const int verdict =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size());
  EVP_MD_CTX_free(context);
  return verdict == 1;
}

class SignedJwtTest : public ::testing::Test {
 protected:
  static EVP_PKEY* key() {
    static const Key made(EVP_RSA_gen(2048));
    return made.get();
  }
};

constexpr Instant now = from_ms(1'769'850'902'345);

TEST_F(SignedJwtTest, IsVerifiedByThePublicKeyAndBearsItsClaims) {
  const auto jwt =
      signed_jwt({{"iss", "client"}, {"sub", "user@example.com"}}, pem_of(key()), now, Milliseconds{180'000});
  ASSERT_TRUE(jwt) << jwt.error().detail;
  const auto first = jwt->find('.');
  const auto second = jwt->rfind('.');
  ASSERT_LT(first, second);
  EXPECT_TRUE(verifies(key(), jwt->substr(0, second), decode(jwt->substr(second + 1))));
  EXPECT_FALSE(verifies(key(), jwt->substr(0, second) + "x", decode(jwt->substr(second + 1))));
  EXPECT_EQ(json::parse(decode(jwt->substr(0, first))), (json::value{{"alg", "RS256"}, {"typ", "JWT"}}));
  EXPECT_EQ(
      json::parse(decode(jwt->substr(first + 1, second - first - 1))),
      (json::value{{"iss", "client"}, {"sub", "user@example.com"}, {"iat", 1'769'850'902}, {"exp", 1'769'851'082}}));
  EXPECT_EQ(jwt->find_first_of("+/="), std::string::npos) << "base64url has none of these";
}

TEST_F(SignedJwtTest, NeedsAnRsaKeyAndSaysSoWithoutRepeatingIt) {
  const Key curve(EVP_EC_gen("P-256"));
  for (const std::string& unfit : {std::string(), std::string("canary"), pem_of(curve.get())}) {
    const auto jwt = signed_jwt({}, unfit, now, Milliseconds{1});
    ASSERT_FALSE(jwt);
    EXPECT_EQ(jwt.error().kind, FailureKind::rejected);
    EXPECT_THAT(jwt.error().detail, HasSubstr("not an RSA private key"));
    EXPECT_THAT(jwt.error().detail, testing::Not(HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace elit::crm
