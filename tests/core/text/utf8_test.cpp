#include "core/text/utf8.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

TEST(Utf8Test, KeepsWhatIsWellFormed) {
  const std::string text("a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", 15);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(to_utf8(text), text);
}

TEST(Utf8Test, ReplacesEveryKindOfIllFormedBytes) {
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

TEST(Utf8Test, WritesCharactersOfEveryLength) {
  std::string out;
  for (const char32_t character : {U'\0', U'a', U'\u00E9', U'\u20AC', U'\U0001F600'}) {
    append_utf8(out, character);
  }
  EXPECT_EQ(out, std::string("\0a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 11));
}

// UTF-8 keeps the order of characters, and there are as many well-formed sequences as characters. So if the sequences
// of all characters ascend, and each is well-formed and has the right length, each one is right.
TEST(Utf8Test, WritesEveryCharacterAsItMust) {
  std::string before;
  std::size_t wrong = 0;
  for (char32_t character = 0; character <= 0x10FFFF; ++character) {
    if (character >= 0xD800 && character <= 0xDFFF) {
      continue;
    }
    std::string now;
    append_utf8(now, character);
    const std::size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    wrong += now.size() == size && is_utf8(now) && (character == 0 || before < now) ? 0 : 1;
    before = now;
  }
  EXPECT_EQ(wrong, 0U);
}

// Counts the well-formed sequences that begin with a lead of `from`..`to` and any second byte.
std::size_t count_well_formed(unsigned from, unsigned to, std::size_t size) {
  constexpr std::string_view rest = "\x7F\x80\xBF\xC0";
  std::size_t count = 0;
  for (unsigned lead = from; lead <= to; ++lead) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      for (std::size_t others = 0; others < (size == 2 ? 1U : size == 3 ? 4U : 16U); ++others) {
        std::string text{static_cast<char>(lead), static_cast<char>(second)};
        if (size > 2) {
          text += rest[others % 4];
        }
        if (size > 3) {
          text += rest[others / 4];
        }
        count += is_utf8(text) ? 1 : 0;
      }
    }
  }
  return count;
}

TEST(Utf8Test, KnowsAsManySequencesAsThereAreCharacters) {
  EXPECT_EQ(count_well_formed(0x80, 0xFF, 2), 0x800U - 0x80U);
  EXPECT_EQ(count_well_formed(0x80, 0xFF, 3), (0x10000U - 0x800U - 0x800U) / 64 * 2 + (0x800U - 0x80U)) << "2 + 1 too";
  EXPECT_EQ(count_well_formed(0xF0, 0xFF, 4), 0x100000U / 4096 * 4);
}

}  // namespace
}  // namespace elit
