#include "core/text/wording.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

using namespace std::chrono_literals;

TEST(WordingTest, OneIsSingular) {
  EXPECT_EQ(counted(1, "user is", "users are"), "1 user is");
  EXPECT_EQ(counted(0, "user is", "users are"), "0 users are");
  EXPECT_EQ(counted(2, "user is", "users are"), "2 users are");
}

TEST(WordingTest, DurationsAreCutToTheirLargestFittingUnit) {
  EXPECT_EQ(rough_duration(-5s), "0 s");
  EXPECT_EQ(rough_duration(119'999ms), "119 s");
  EXPECT_EQ(rough_duration(120s), "2 min");
  EXPECT_EQ(rough_duration(119min), "119 min");
  EXPECT_EQ(rough_duration(120min), "2 h");
  EXPECT_EQ(rough_duration(47h), "47 h");
  EXPECT_EQ(rough_duration(49h), "2 days");
}

TEST(WordingTest, LettersOfAnyScriptStayAsTheyAre) {
  EXPECT_EQ(quoted_text("user.language"), "\"user.language\"");
  EXPECT_EQ(quoted_text("señor 中文 हिन्दी 😀"), "\"señor 中文 हिन्दी 😀\"");
}

TEST(WordingTest, WhatIsEasilyOverlookedIsShown) {
  EXPECT_EQ(quoted_text("1\xC2\xA0"), "\"1\\u{00a0}\"");
  EXPECT_EQ(quoted_text(" a b  "), "\"\\u{0020}a b\\u{0020}\\u{0020}\"");
  EXPECT_EQ(quoted_text(" "), "\"\\u{0020}\"");
  EXPECT_EQ(quoted_text("\xE2\x80\x9C"
                        "1\xE2\x80\x9D"),
            "\"\\u{201c}1\\u{201d}\"");
  EXPECT_EQ(quoted_text("\xEF\xBB\xBF"
                        "a\tb\"c\\"),
            "\"\\u{feff}a\\u{0009}b\\u{0022}c\\u{005c}\"");
  EXPECT_EQ(quoted_text("\xFF!"), "\"\\x{ff}!\"");
}

}  // namespace
}  // namespace elit
