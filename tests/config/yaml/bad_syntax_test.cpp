#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/configurations.hpp"

namespace elit::config {
namespace {

class BadSyntaxTableTest : public testing::TestWithParam<BadConfiguration> {};

TEST_P(BadSyntaxTableTest, IsReportedAtItsPlace) {
  const BadConfiguration& bad = GetParam();
  const Loaded loaded = load_for_test(bad.text);
  EXPECT_FALSE(loaded.options.has_value());
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  const Diagnostic& mistake = loaded.mistakes.front();
  EXPECT_EQ(mistake.line, bad.line) << to_string(mistake);
  EXPECT_EQ(mistake.column, bad.column) << to_string(mistake);
  EXPECT_EQ(mistake.key, bad.key) << to_string(mistake);
  EXPECT_THAT(mistake.what, testing::HasSubstr(bad.fragment));
}

std::string nested(const std::string& open, const std::string& close, int depth) {
  std::string text;
  for (int level = 0; level < depth; ++level) {
    text += open;
  }
  for (int level = 0; level < depth; ++level) {
    text += close;
  }
  return text;
}

const std::vector<BadConfiguration> cases{
    {"Empty", "", 1, 1, "(syntax)", "is empty"},
    {"OnlyAComment", "# nothing\n", 1, 1, "(syntax)", "is empty"},
    {"OnlyADocumentMark", "---\n", 1, 1, "(syntax)", "is empty"},
    {"TopLevelList", "- a\n", 1, 1, "(syntax)", "must be a map"},
    {"TopLevelText", "hello\n", 1, 1, "(syntax)", "must be a map"},
    {"DuplicateKey", with_source("name: other"), 8, 5, "sources[0].name", "a second time; it is first set in line 2"},
    {"DuplicateSection", smallest + "log: {level: info}\nlog: {level: info}\n", 9, 1, "log", "a second time"},
    {"DuplicateKeyInFlow", smallest + "log: {level: info, level: info}\n", 8, 20, "log.level", "a second time"},
    {"DuplicateKeyOnceQuoted", smallest + "log: {level: info, \"level\": info}\n", 8, 20, "log.level", "second time"},
    {"Anchor", with_source("settle: &a 1m"), 8, 13, "sources[0].settle", "anchors (&name) are not supported"},
    {"UndefinedAlias", with_source("settle: *a"), 8, 13, "(syntax)", "aliases (*name) are not supported"},
    {"Tag", with_source("settle: !!str 1m"), 8, 13, "sources[0].settle", "tags (!name) are not supported"},
    {"SecondDocument", smallest + "---\nlog: {level: info}\n", 8, 1, "(syntax)", "a second document"},
    {"SecondEmptyDocument", smallest + "---\n", 8, 1, "(syntax)", "a second document"},
    {"TabAsIndentation", "sources:\n\t- name: a\n", 2, 1, "(syntax)", "a tab"},
    {"TabBehindBlanks", "sources:\n  \t- name: a\n", 2, 3, "(syntax)", "a tab"},
    {"UnclosedList", "sources: [a, b\n", 2, 1, "(syntax)", "not valid YAML"},
    {"UnclosedQuote", "log: {file: \"abc}\n", 2, 1, "(syntax)", "not valid YAML"},
    {"ColonInPlainText", "log: a: b\n", 1, 7, "(syntax)", "check the indentation"},
    {"WrongIndentation", "sources:\n  - name: a\n   base_url: b\n", 3, 4, "(syntax)", "check the indentation"},
    {"ListAsKey", smallest + "[a]: b\n", 8, 1, "(syntax)", "a key must be plain text"},
    {"NullAsKey", smallest + "~: b\n", 8, 1, "(syntax)", "a key must be plain text"},
    {"Nul", smallest + std::string("a\0b: c\n", 7), 8, 2, "(syntax)", "control character"},
    {"EndOfTransmission", smallest + "log: {level: info}\x04\n", 8, 19, "(syntax)", "control character"},
    {"InvalidUtf8", "a: b\n\xC3\x28: c\n", 2, 1, "(syntax)", "not valid UTF-8"},
    {"OverlongUtf8", "a: \xC0\xAF\n", 1, 4, "(syntax)", "not valid UTF-8"},
    {"SurrogateInUtf8", "a: \xED\xA0\x80\n", 1, 4, "(syntax)", "not valid UTF-8"},
    {"TruncatedUtf8", "a: \xE2\x82", 1, 4, "(syntax)", "not valid UTF-8"},
    {"Utf16",
     std::string("\xFF\xFE"
                 "a\0:\0",
                 6),
     1, 1, "(syntax)", "not valid UTF-8"},
    {"ColumnsCountCharacters", "log: {file: \"\xC3\xA4\xE2\x82\xAC\", levl: info}\n" + smallest, 1, 19, "log.levl",
     "did you mean level?"},
};

INSTANTIATE_TEST_SUITE_P(, BadSyntaxTableTest, testing::ValuesIn(cases), name_of);

TEST(BadSyntaxTest, AnAliasIsRefusedTogetherWithItsAnchor) {
  const Loaded loaded = load_for_test(smallest + "    settle: &a 1m\n    lookback: *a\n");
  ASSERT_EQ(loaded.mistakes.size(), 2U);
  EXPECT_EQ(loaded.mistakes[0].key, "sources[0].settle");
  EXPECT_EQ(loaded.mistakes[1].key, "sources[0].lookback");
  EXPECT_THAT(loaded.mistakes[1].what, testing::HasSubstr("aliases (*name)"));
}

TEST(BadSyntaxTest, ABillionLaughsIsRefusedAtOnce) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int level = 1; level < 30; ++level) {
    const std::string before = std::to_string(level - 1);
    const std::string name = std::to_string(level);
    text += "a" + name + ": &a" + name + " [*a" + before + ", *a" + before + "]\n";
  }
  const Loaded loaded = load_for_test(text);
  EXPECT_GE(loaded.mistakes.size(), 60U);
}

TEST(BadSyntaxTest, DeepNestingIsRefusedWhateverItsDepth) {
  for (const int depth : {13, 100, 600, 20'000}) {
    const Loaded lists = load_for_test("x: " + nested("[", "]", depth));
    EXPECT_FALSE(lists.mistakes.empty()) << depth;
    const Loaded maps = load_for_test("x: " + nested("{a: ", "}", depth));
    EXPECT_FALSE(maps.mistakes.empty()) << depth;
  }
  const Loaded loaded = load_for_test(smallest + "x: " + nested("[", "]", 100) + "\n");
  ASSERT_FALSE(loaded.mistakes.empty());
  EXPECT_THAT(loaded.mistakes.back().what, testing::HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace elit::config
