#include "core/delivery/webhook_signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/request_headers.hpp"

namespace elit::crm {
namespace {

constexpr Instant now = from_ms(1'769'850'902'999);  // 2026-01-31T09:15:02.999Z

HttpRequest request_with(std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  return request;
}

// RFC 4231, section 4; case 5 is about digests that are cut.
TEST(WebhookSignatureTest, HmacSha256GivesThePublishedDigests) {
  const std::string long_key(131, '\xAA');
  std::string counting_key;
  for (char byte = 1; byte <= 25; ++byte) {
    counting_key += byte;
  }
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0B'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(20, '\xAA'), std::string(50, '\xDD')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac_sha256(counting_key, std::string(50, '\xCD')),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac_sha256(long_key,
                        "This is a test using a larger than block-size key and a larger than block-size data. The key "
                        "needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// Computed with Python: hmac.new(b"key", b"", "sha256").hexdigest()
TEST(WebhookSignatureTest, HmacSha256TakesAnEmptyText) {
  EXPECT_EQ(hmac_sha256("key", {}), "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0");
}

// Computed with Python: hmac.new(b"whsec-of-the-test", b'1769850902.{"messages":[]}', "sha256").hexdigest()
TEST(WebhookSignatureTest, OfAKnownRequestIsKnown) {
  HttpRequest request = request_with(R"({"messages":[]})");
  sign_request(request, "whsec-of-the-test", now);
  EXPECT_THAT(values_of(request, "X-Elitbuzz-Timestamp"), testing::ElementsAre("1769850902"));
  EXPECT_THAT(values_of(request, "X-Elitbuzz-Signature"),
              testing::ElementsAre("v1=cdbce1a3ba32dc9d4a4349f05e70219342617a7b41db6e3fdb211372337745b4"));
  EXPECT_THAT(values_of(request, "Content-Type"), testing::ElementsAre("application/json"));
  EXPECT_EQ(request.body, R"({"messages":[]})");
}

TEST(WebhookSignatureTest, IsAnotherForAnotherSecretSecondOrBody) {
  const std::string signature = webhook_signature("secret", 1'769'850'902, "body");
  EXPECT_EQ(webhook_signature("secret", 1'769'850'902, "body"), signature);
  EXPECT_NE(webhook_signature("secreT", 1'769'850'902, "body"), signature);
  EXPECT_NE(webhook_signature("secret", 1'769'850'903, "body"), signature);
  EXPECT_NE(webhook_signature("secret", 1'769'850'902, "bodY"), signature);
  EXPECT_NE(webhook_signature("secret", 1'769'850'902, std::string("body\0", 5)), signature);
}

TEST(WebhookSignatureTest, TakesTheTimeFromEachSigning) {
  HttpRequest request = request_with("body");
  sign_request(request, "secret", now);
  sign_request(request, "secret", now + std::chrono::milliseconds{1});
  EXPECT_THAT(values_of(request, "X-Elitbuzz-Timestamp"), testing::ElementsAre("1769850903"));
  EXPECT_THAT(values_of(request, "X-Elitbuzz-Signature"),
              testing::ElementsAre(webhook_signature("secret", 1'769'850'903, "body")));
}

TEST(WebhookSignatureTest, LeavesNoOtherHeaderOfItsNamesInWhateverCase) {
  HttpRequest request = request_with("body");
  request.headers.push_back({"x-elitbuzz-SIGNATURE", "v1=forged"});
  request.headers.push_back({"X-ELITBUZZ-Timestamp", "1"});
  sign_request(request, "secret", now);
  EXPECT_EQ(request.headers.size(), 3U);
  EXPECT_THAT(values_of(request, "x-elitbuzz-SIGNATURE"), testing::IsEmpty());
  EXPECT_THAT(values_of(request, "X-ELITBUZZ-Timestamp"), testing::IsEmpty());
}

}  // namespace
}  // namespace elit::crm
