#include "core/letter_case.hpp"

#include <gtest/gtest.h>

#include <string>

namespace elit {
namespace {

TEST(LetterCaseTest, LowersTheLettersOfAsciiAlone) {
  EXPECT_EQ(to_lower_case("AZaz09-_@[`{"), "azaz09-_@[`{");
  EXPECT_EQ(to_lower_case("\xC3\x89"), "\xC3\x89");
  EXPECT_EQ(to_lower_case(""), "");
}

TEST(LetterCaseTest, ComparesWholeTextsWithoutCase) {
  EXPECT_TRUE(equal_without_case("Content-Type", "content-tYPE"));
  EXPECT_TRUE(equal_without_case("", ""));
  EXPECT_FALSE(equal_without_case("content", "content-type"));
  EXPECT_FALSE(equal_without_case("content-type", "content"));
}

TEST(LetterCaseTest, KeepsApartWhatDiffersByTheBitOfCaseAlone) {
  EXPECT_FALSE(equal_without_case("@", "`"));
  EXPECT_FALSE(equal_without_case("[", "{"));
  EXPECT_FALSE(equal_without_case("\xC9", "\xE9"));
}

}  // namespace
}  // namespace elit
