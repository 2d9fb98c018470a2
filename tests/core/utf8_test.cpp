#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

TEST(Utf8, KeepsWhatIsWellFormed) {
  const std::string text("a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", 15);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(to_utf8(text), text);
}

TEST(Utf8, ReplacesEveryKindOfIllFormedBytes) {
  const std::string r(replacement_character);
  EXPECT_EQ(to_utf8("a\x80z"), "a" + r + "z");            // a continuation alone
  EXPECT_EQ(to_utf8("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(to_utf8("\xED\xA0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(to_utf8("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(to_utf8("\xE2\x82"), r);                      // cut short: one maximal subpart
  EXPECT_EQ(to_utf8("\xF0\x9F\x98!"), r + "!");
  EXPECT_EQ(to_utf8("\xFF\xFE"), r + r);
  EXPECT_FALSE(is_utf8("\xE2\x82"));
}

TEST(Utf8, WritesCharactersOfEveryLength) {
  std::string out;
  for (const char32_t character : {U'\0', U'a', U'\u00E9', U'\u20AC', U'\U0001F600'}) {
    append_utf8(out, character);
  }
  EXPECT_EQ(out, std::string("\0a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 11));
}

}  // namespace
}  // namespace elit
