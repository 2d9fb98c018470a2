#include "core/text/redaction.hpp"

#include <gtest/gtest.h>

#include "core/text/base64.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

TEST(RedactionTest, MaskUserIdShowsBothEndsOfALongId) {
  EXPECT_EQ(mask_user_id("919812345678"), "9198…5678");
  EXPECT_EQ(mask_user_id("3f0c1d7e-8a55-4f6b-9a51-7c1e2d3f4a5b"), "3f0c…4a5b");
}

TEST(RedactionTest, MaskUserIdShowsAtMostHalfOfAShortId) {
  EXPECT_EQ(mask_user_id("12345678901"), "123…01");
  EXPECT_EQ(mask_user_id("12345678"), "12…78");
  EXPECT_EQ(mask_user_id("1234"), "1…4");
  EXPECT_EQ(mask_user_id("12"), "1…");
  EXPECT_EQ(mask_user_id("1"), "…");
  EXPECT_EQ(mask_user_id(""), "…");
}

TEST(RedactionTest, MaskUserIdCutsBetweenCharacters) {
  EXPECT_EQ(mask_user_id("äöüß"), "ä…ß");
  EXPECT_TRUE(is_utf8(mask_user_id("ab\xFF\xFEyz\xC3")));
}

TEST(RedactorTest, RemovesASecretInEveryForm) {
  const std::string secret = "ab+c/d=\"e\"\\ü";
  Redactor redactor;
  redactor.add(secret);
  EXPECT_EQ(redactor.apply("key " + secret + " end"), "key [redacted] end");
  EXPECT_EQ(redactor.apply("?k=" + percent_encode(secret) + "&"), "?k=[redacted]&");
  EXPECT_EQ(redactor.apply("?k=ab%2bc%2fd%3d%22e%22%5c%c3%bc&"), "?k=[redacted]&");
  EXPECT_EQ(redactor.apply(R"({"k":"ab+c/d=\"e\"\\ü"})"), R"({"k":"[redacted]"})");
  const std::string encoded = redactor.apply("Basic " + base64_encode(secret) + ".");
  EXPECT_EQ(encoded.find(base64_encode(secret).substr(0, 8)), std::string::npos);
  EXPECT_TRUE(encoded.starts_with("Basic [redacted]"));
}

TEST(RedactorTest, RemovesTheLongerOfTwoSecretsThatBeginAlike) {
  Redactor redactor;
  redactor.add("abc");
  redactor.add("abcdef");
  redactor.add("abcdef");
  EXPECT_EQ(redactor.apply("abcdef abc abcd"), "[redacted] [redacted] [redacted]d");
}

TEST(RedactorTest, LeavesOtherTextAlone) {
  Redactor redactor;
  EXPECT_EQ(redactor.apply("nothing to hide"), "nothing to hide");
  redactor.add("");
  EXPECT_EQ(redactor.apply("nothing to hide"), "nothing to hide");
}

TEST(Base64Test, PadsAsTheStandardSays) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("\xFB\xFF\xFE"), "+//+");
}

TEST(PercentEncodingTest, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("+/@: é?&=#%"), "%2B%2F%40%3A%20%C3%A9%3F%26%3D%23%25");
  EXPECT_EQ(percent_encode(std::string_view("\0", 1)), "%00");
}

TEST(PercentEncodingTest, KeepsDotsFromClimbing) {
  EXPECT_EQ(percent_encode_segment("."), "%2E");
  EXPECT_EQ(percent_encode_segment(".."), "%2E%2E");
  EXPECT_EQ(percent_encode_segment("..."), "...");
  EXPECT_EQ(percent_encode_segment("a/.."), "a%2F..");
}

}  // namespace
}  // namespace elit
