#include "core/text/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/text/excerpt.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::optional<std::string> first_group(const char* pattern, std::string_view text) {
  return Pattern(pattern).first_group(text);
}

bool matches(const char* pattern, std::string_view text) {
  return Pattern(pattern).matches(text);
}

TEST(PatternTest, GivesTheFirstGroupOfTheFirstMatch) {
  EXPECT_EQ(first_group("Existing ID: ([0-9]+)", "Contact exists. Existing ID: 501, Existing ID: 7"), "501");
  EXPECT_EQ(first_group("[0-9]+", "record 42 of 7"), "42");
  EXPECT_EQ(first_group("([^/]+)$", "https://crm.example.com/notes/77"), "77");
  EXPECT_EQ(first_group("x([0-9]+)", "y1"), std::nullopt);
  EXPECT_EQ(first_group("x([0-9]+)|y", "y1"), std::nullopt);
  EXPECT_EQ(first_group("x([0-9]*)", "x"), "");
}

TEST(PatternTest, MatchesAnywhereInTheText) {
  EXPECT_TRUE(matches("is not a unique", "the property p is not a unique one"));
  EXPECT_TRUE(matches("^a", "abc"));
  EXPECT_FALSE(matches("^b", "abc"));
  EXPECT_TRUE(matches("b", "a\nb"));
  EXPECT_FALSE(matches("^b", "a\nb"));
  EXPECT_FALSE(matches("a$", "a\nb"));
  EXPECT_FALSE(matches("a.b", "a\nb"));
}

TEST(PatternTest, ReadsUtf8) {
  EXPECT_EQ(first_group("caf(.)", "un caf\u00e9"), "\u00e9");
  EXPECT_FALSE(matches("caf.", "caf\xe9"));
  EXPECT_TRUE(matches("^caf", "caf\xe9"));
}

TEST(PatternTest, NamesTheErrorOfAPatternThatMatchesNothing) {
  for (const char* broken : {"(", "[a", "*", "a{2,1}", "\\", "(a)\\1", "(?=a)", "a{9999}"}) {
    EXPECT_THAT(Pattern(broken).error(), StartsWith("is not a regular expression: ")) << broken;
    EXPECT_FALSE(matches(broken, "(")) << broken;
    EXPECT_EQ(first_group(broken, "("), std::nullopt) << broken;
  }
  EXPECT_EQ(Pattern("").error(), "is empty");
  EXPECT_THAT(Pattern("([0-9]+)").error(), IsEmpty());
  EXPECT_THAT(Pattern(std::string(500, 'a')).error(), IsEmpty());
  EXPECT_THAT(Pattern(std::string(501, 'a')).error(), Not(IsEmpty()));
}

TEST(PatternTest, EqualsAPatternOfTheSameText) {
  EXPECT_EQ(Pattern("a+"), Pattern("a+"));
  EXPECT_FALSE(Pattern("a+") == Pattern("aa*"));
}

TEST(PatternTest, SearchesTheWholeText) {
  const std::string far = std::string(1'000'000, ' ') + "needle";
  EXPECT_TRUE(matches("needle", far));
  EXPECT_TRUE(matches("needle", "needle" + far));
}

// A search that tries every path through nested repetitions would not end.
TEST(PatternTest, TakesTimeLinearInTheText) {
  const std::string text(1'000'000, 'a');
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(matches("(a|b)*c", text));
  EXPECT_FALSE(matches("(x+)y", std::string(1'000'000, 'x')));
  EXPECT_EQ(first_group("(.*)z(.*)z", text), std::nullopt);
  EXPECT_FALSE(matches("(a+)+b", text));
  EXPECT_FALSE(matches("(a|a)*b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(ExcerptTest, IsShortOneLineAndValidUtf8) {
  std::string words = "first\r\nsecond\tthird";
  words.push_back('\0');
  const std::string line = excerpt(words + "\xff end");
  EXPECT_EQ(line.find_first_of(std::string("\r\n\0", 3)), std::string::npos);
  EXPECT_TRUE(is_utf8(line));
  std::string emoji;
  for (int i = 0; i < 1000; ++i) {
    emoji += "\U0001F600";
  }
  for (std::size_t size = 3; size < 20; ++size) {
    EXPECT_LE(cut(emoji, size).size(), size + std::string("\u2026").size());
    EXPECT_TRUE(is_utf8(cut(emoji, size)));
  }
  EXPECT_EQ(cut("short", 5), "short");
}

TEST(ExcerptTest, TakesOnlyOneWordForACode) {
  EXPECT_EQ(code_word("UNABLE_TO_LOCK_ROW"), "UNABLE_TO_LOCK_ROW");
  EXPECT_EQ(code_word("odoo.exceptions.UserError"), "odoo.exceptions.UserError");
  EXPECT_THAT(code_word("Asha said hello"), IsEmpty());
  EXPECT_THAT(code_word("+919812345678"), IsEmpty());
  EXPECT_THAT(code_word(std::string(61, 'A')), IsEmpty());
  EXPECT_EQ(code_word(std::string(60, 'A')).size(), 60U);
}

}  // namespace
}  // namespace elit
