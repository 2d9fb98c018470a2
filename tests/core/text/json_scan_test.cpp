#include "core/text/json_scan.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elit {
namespace {

std::vector<std::string> elements(std::string_view array) {
  std::vector<std::string> found;
  JsonArrayReader reader(array);
  while (const auto element = reader.next()) {
    found.emplace_back(*element);
  }
  return found;
}

TEST(JsonScanTest, AcceptsJson) {
  for (const std::string_view text :
       {"null", " true ", "0", "-0", "-1.5e+3", "1E400", "\"\"", "\"\\u00e9\\n\"", "[]", "[ ]", "{}", "{ }", "[1,2]",
        "{\"a\":1,\"a\":[{}],\"b\":{\"c\":[[],{}]}}", "\n[\t1 ,\r2 ]\n"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(JsonScanTest, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",      " ",     "nul",       "True",    "01",          "+1",     "1.",      ".5",       "1e",
        "-",     "NaN",   "\"",        "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[",       "]",        "[1",
        "[1,",   "[1,]",  "[,1]",      "[1 2]",   "[1}",         "{",      "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{\"a\" 1}", "[] []",   "{}x",         "1 2",    "<html>",  "'a'"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonScanTest, BoundsTheDepth) {
  const std::string deepest = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
  EXPECT_TRUE(is_json(deepest));
  EXPECT_FALSE(is_json("[" + deepest + "]"));
  EXPECT_TRUE(json_skeleton_error(std::string(10'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_TRUE(json_skeleton_error(objects));
}

TEST(JsonScanTest, TheSkeletonToleratesBadScalarsButNoBadStructure) {
  EXPECT_FALSE(json_skeleton_error("[01, NaN, \"\\x\", {\"a\": undefined}]"));
  for (const std::string_view text : {"", "[", "[1,]", "[1 2]", "{\"a\"}", "[\"a]", "[1]]", "{\"a\":1", "[}", "[<]"}) {
    EXPECT_TRUE(json_skeleton_error(text)) << text;
  }
}

TEST(JsonScanTest, GivesTheExactBytesOfEachElement) {
  EXPECT_EQ(elements(R"([ 1.0e5 , "a,]\"", {"k": [1, 2]} ,[ ], null,9007199254740993 ])"),
            (std::vector<std::string>{"1.0e5", R"("a,]\"")", R"({"k": [1, 2]})", "[ ]", "null", "9007199254740993"}));
  EXPECT_TRUE(elements("[ ]").empty());
}

TEST(JsonScanTest, GivesTheMembersInTheirOrder) {
  JsonObjectReader reader(R"({ "a" : 1 , "b\u0063":{"x":"}"}})");
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "\"a\"");
  EXPECT_EQ(first->value, "1");
  const auto second = reader.next();
  ASSERT_TRUE(second);
  std::string storage;
  EXPECT_EQ(json_key_name(second->key, storage), "bc");
  EXPECT_EQ(second->value, R"({"x":"}"})");
  EXPECT_FALSE(reader.next());
}

TEST(JsonScanTest, TheLastOfRepeatedMembersCounts) {
  EXPECT_EQ(json_member(R"({"a":1,"b":2,"a":3})", "a"), "3");
  EXPECT_FALSE(json_member(R"({"a":1})", "b"));
  EXPECT_FALSE(json_member("[1]", "a"));
}

TEST(JsonScanTest, FollowsPointers) {
  const std::string_view document = R"( {"a":{"b/c":[10,{"~":"x"}]},"":5} )";
  EXPECT_EQ(json_at_pointer(document, "/a/b~1c/0"), "10");
  EXPECT_EQ(json_at_pointer(document, "/a/b~1c/1/~0"), "\"x\"");
  EXPECT_EQ(json_at_pointer(document, "/"), "5");
  EXPECT_EQ(json_at_pointer("[1]", ""), "[1]");
  for (const std::string_view pointer :
       {"/z", "/a/b~1c/2", "/a/b~1c/01", "/a/b~1c/-", "/a/b~1c/x", "/a/b~1c/0/y", "a"}) {
    EXPECT_FALSE(json_at_pointer(document, pointer)) << pointer;
  }
}

TEST(JsonScanTest, NamesKinds) {
  EXPECT_STREQ(to_string(json_kind("null")), "null");
  EXPECT_STREQ(to_string(json_kind("false")), "boolean");
  EXPECT_STREQ(to_string(json_kind("-1")), "number");
  EXPECT_STREQ(to_string(json_kind("\"\"")), "string");
  EXPECT_STREQ(to_string(json_kind("[]")), "array");
  EXPECT_STREQ(to_string(json_kind("{}")), "object");
}

TEST(JsonScanTest, ReadsNothingBehindItsText) {
  const std::string_view longer = "12e5";
  EXPECT_TRUE(is_json(longer.substr(0, 2)));
  EXPECT_TRUE(is_json(std::string_view("12.5").substr(0, 2)));
  EXPECT_TRUE(is_json(std::string_view("1 x").substr(0, 1)));
  EXPECT_FALSE(is_json(std::string_view("\"a\"").substr(0, 2)));
  EXPECT_FALSE(is_json(std::string_view("truest").substr(0, 3)));
}

TEST(JsonScanTest, AStringThatIsBrokenIsNoShorterString) {
  EXPECT_FALSE(is_json("[\",1\n]"));
  EXPECT_FALSE(is_json("[\",1]"));
  EXPECT_FALSE(is_json("[\",1\\]"));
}

TEST(JsonScanTest, GivesNoElementThatIsCutShort) {
  EXPECT_EQ(elements("[1,[2"), std::vector<std::string>{"1"});
  EXPECT_EQ(elements(std::string_view("[1,[2]]").substr(0, 5)), std::vector<std::string>{"1"});
  EXPECT_EQ(elements("[1,\"2"), std::vector<std::string>{"1"});
  EXPECT_EQ(elements("[1,[\"2]"), std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace elit
