#include "core/text/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/text/excerpt.hpp"
#include "core/text/utf8.hpp"

namespace elit::crm {
namespace {

using testing::IsEmpty;
using testing::Not;

TEST(Patterns, GiveTheFirstGroupOfTheFirstMatch) {
  EXPECT_EQ(first_group("Existing ID: ([0-9]+)", "Contact exists. Existing ID: 501, Existing ID: 7"), "501");
  EXPECT_EQ(first_group("[0-9]+", "record 42 of 7"), "42");
  EXPECT_EQ(first_group("([^/]+)$", "https://crm.example.com/notes/77"), "77");
  EXPECT_EQ(first_group("x([0-9]+)", "y1"), std::nullopt);
}

TEST(Patterns, MatchAnywhereInTheText) {
  EXPECT_TRUE(matches("is not a unique", "the property p is not a unique one"));
  EXPECT_TRUE(matches("^a", "abc"));
  EXPECT_FALSE(matches("^b", "abc"));
  EXPECT_TRUE(matches("b", "a\nb"));
}

TEST(Patterns, ThatAreNoneMatchNothingAndAreSaidToBeWrong) {
  for (const char* broken : {"(", "[a", "*", "a{2", "\\", "(a)\\1"}) {
    EXPECT_THAT(pattern_mistake(broken), Not(IsEmpty())) << broken;
    EXPECT_FALSE(matches(broken, "(")) << broken;
    EXPECT_EQ(first_group(broken, "("), std::nullopt) << broken;
  }
  EXPECT_THAT(pattern_mistake("([0-9]+)"), IsEmpty());
  EXPECT_THAT(pattern_mistake(std::string(500, 'a')), IsEmpty());
  EXPECT_THAT(pattern_mistake(std::string(501, 'a')), Not(IsEmpty()));
}

TEST(Patterns, LookOnlyAtTheBeginningOfALongText) {
  const std::string far = std::string(1'000'000, ' ') + "needle";
  EXPECT_FALSE(matches("needle", far));
  EXPECT_TRUE(matches("needle", "needle" + far));
}

// The standard library's usual search takes for ever on nested repetitions.
TEST(Patterns, CannotBeMadeExpensiveByWhatAPeerWrites) {
  const std::string text(1'000'000, 'a');
  const auto begun = std::chrono::steady_clock::now();
  static_cast<void>(matches("(a|b)*c", text));
  static_cast<void>(matches("(x+)y", std::string(1'000'000, 'x')));
  static_cast<void>(first_group("(.*)z(.*)z", text));
  static_cast<void>(matches("(a+)+b", text));
  static_cast<void>(matches("(a|a)*b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(Excerpts, AreShortOneLineAndValidUtf8) {
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

TEST(Excerpts, TakeACodeForACodeOnlyWhenItIsOneWord) {
  EXPECT_EQ(code_word("UNABLE_TO_LOCK_ROW"), "UNABLE_TO_LOCK_ROW");
  EXPECT_EQ(code_word("odoo.exceptions.UserError"), "odoo.exceptions.UserError");
  EXPECT_THAT(code_word("Asha said hello"), IsEmpty());
  EXPECT_THAT(code_word("+919812345678"), IsEmpty());
  EXPECT_THAT(code_word(std::string(61, 'A')), IsEmpty());
  EXPECT_EQ(code_word(std::string(60, 'A')).size(), 60U);
}

}  // namespace
}  // namespace elit::crm
