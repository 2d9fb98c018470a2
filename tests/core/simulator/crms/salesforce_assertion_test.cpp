#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "core/simulator/crms/salesforce.hpp"
#include "core/simulator/crms/signed_assertion.hpp"
#include "core/text/base64.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr Instant now = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z
const std::string base_url = "http://localhost/crm/salesforce";

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  std::erase(text, '=');
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

class KeyPair {
 public:
  KeyPair() : key_(EVP_RSA_gen(2048)) {}
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair() { EVP_PKEY_free(key_); }

  [[nodiscard]] std::string public_pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, key_);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  }

  [[nodiscard]] std::string sign(const std::string& text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
    EVP_MD_CTX_free(context);
    return signature;
  }

 private:
  EVP_PKEY* key_;
};

// Made once: a key takes as much time as all these tests together.
const KeyPair& key_pair() {
  static const KeyPair pair;
  return pair;
}

json::object good_claims() {
  return {{"iss", "sample-client"},
          {"sub", "sample-login"},
          {"aud", "https://login.salesforce.com"},
          {"exp", to_ms(now) / 1000 + 180}};
}

std::string assertion_of(const json::object& claims, const std::string& algorithm = "RS256") {
  const std::string header = json::serialize(json::object{{"alg", algorithm}});
  const std::string text = base64url(header) + "." + base64url(json::serialize(claims));
  return text + "." + base64url(key_pair().sign(text));
}

HttpResponse ask_for_token(const std::string& assertion, const std::string& public_key = key_pair().public_pem()) {
  SalesforceOptions options;
  options.assertion_key = public_key;
  Salesforce salesforce(options);
  HttpRequest request;
  request.method = "POST";
  request.target = "/services/oauth2/token";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + assertion;
  CrmCall call;
  call.now = now;
  call.base_url = base_url;
  return salesforce.answer(request, call);
}

TEST(SignedAssertionTest, IsReadInItsThreeParts) {
  const std::optional<SignedAssertion> read = read_assertion(assertion_of(good_claims()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->header.at("alg").as_string(), "RS256");
  EXPECT_EQ(read->claim("iss"), "sample-client");
  EXPECT_EQ(read->claim("exp"), "");
  EXPECT_TRUE(is_signed_by(*read, key_pair().public_pem()));
}

TEST(SignedAssertionTest, IsNothingWhenAPartIsMissingOrNoBase64url) {
  const std::string good = assertion_of(good_claims());
  EXPECT_FALSE(read_assertion(""));
  EXPECT_FALSE(read_assertion(good.substr(0, good.rfind('.'))));
  EXPECT_FALSE(read_assertion(good.substr(0, good.rfind('.') + 1)));
  EXPECT_FALSE(read_assertion(good + ".x"));
  EXPECT_FALSE(read_assertion(good + "="));
  EXPECT_FALSE(read_assertion("W10." + base64url("{}") + ".AAAA"));
}

TEST(SignedAssertionTest, IsNotSignedOnceAByteChanged) {
  std::optional<SignedAssertion> read = read_assertion(assertion_of(good_claims()));
  ASSERT_TRUE(read);
  EXPECT_FALSE(is_signed_by(*read, "no key"));
  EXPECT_FALSE(is_signed_by(*read, KeyPair().public_pem()));
  read->signed_part.back() = static_cast<char>(read->signed_part.back() ^ 1);
  EXPECT_FALSE(is_signed_by(*read, key_pair().public_pem()));
}

TEST(SalesforceAssertionTest, OpensTheApiWhenItIsSigned) {
  const HttpResponse answer = ask_for_token(assertion_of(good_claims()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body).at("instance_url").as_string(), json::string_view(base_url));
}

TEST(SalesforceAssertionTest, IsRefusedWithAnotherKeyOrAlgorithm) {
  EXPECT_THAT(ask_for_token(assertion_of(good_claims()), KeyPair().public_pem()).body, HasSubstr("invalid assertion"));
  EXPECT_THAT(ask_for_token(assertion_of(good_claims(), "HS256")).body, HasSubstr("invalid assertion"));
  EXPECT_THAT(ask_for_token("x").body, HasSubstr("invalid assertion"));
}

TEST(SalesforceAssertionTest, MayBeSignedByAnyKeyWhenNoneIsKnown) {
  std::string unsigned_one = assertion_of(good_claims());
  unsigned_one.resize(unsigned_one.rfind('.'));
  EXPECT_EQ(ask_for_token(unsigned_one + ".AAAA", "").status, 200);
  EXPECT_EQ(ask_for_token(unsigned_one, "").status, 400);
}

TEST(SalesforceAssertionTest, HasToNameClientUserAndAudience) {
  for (const auto& [claim, reason] :
       {std::pair("iss", "client identifier invalid"), std::pair("sub", "user hasn't approved this consumer"),
        std::pair("aud", "audience is invalid")}) {
    json::object claims = good_claims();
    claims[claim] = "another";
    const HttpResponse answer = ask_for_token(assertion_of(claims));
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr(reason));
    claims.erase(claim);
    EXPECT_EQ(ask_for_token(assertion_of(claims)).status, 400) << claim;
  }
}

TEST(SalesforceAssertionTest, MayNameTheOrganisationAsItsAudience) {
  json::object claims = good_claims();
  claims["aud"] = base_url;
  EXPECT_EQ(ask_for_token(assertion_of(claims)).status, 200);
}

TEST(SalesforceAssertionTest, ExpiresWithinThreeMinutes) {
  for (const auto& [left_s, status] :
       {std::pair(0, 400), std::pair(1, 200), std::pair(180, 200), std::pair(181, 400)}) {
    json::object claims = good_claims();
    claims["exp"] = to_ms(now) / 1000 + left_s;
    EXPECT_EQ(ask_for_token(assertion_of(claims)).status, status) << left_s;
  }
}

}  // namespace
}  // namespace elit::simulator
