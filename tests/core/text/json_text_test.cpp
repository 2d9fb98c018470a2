#include "core/text/json_text.hpp"

#include <gtest/gtest.h>

#include "core/text/json_scan.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

std::string repaired(std::string_view text) {
  std::string storage;
  return std::string(repair_json(text, storage));
}

TEST(JsonTextTest, SoundTextIsNotCopied) {
  const std::string text = "{\"a\": [\"\xC3\xA9\\n\\ud83d\\ude00\", 1]}\n";
  std::string storage;
  EXPECT_EQ(repair_json(text, storage).data(), text.data());
  EXPECT_EQ(repaired(text), text);
}

TEST(JsonTextTest, DropsAByteOrderMark) {
  EXPECT_EQ(repaired("\xEF\xBB\xBF[]"), "[]");
}

TEST(JsonTextTest, ReplacesIllFormedUtf8) {
  EXPECT_EQ(repaired("[\"a\xFFz\xE2\x82\"]"), "[\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"]");
}

TEST(JsonTextTest, EscapesControlCharactersInsideStringsOnly) {
  EXPECT_EQ(repaired(std::string_view("[\n\"a\nb\0\x1F\"]", 10)), "[\n\"a\\u000ab\\u0000\\u001f\"]");
}

TEST(JsonTextTest, ReplacesLoneSurrogatesAndKeepsPairs) {
  EXPECT_EQ(repaired(R"(["\ud800","\udc00","\ud83d\ude00","\ud800\ud800","\ud800\u0041"])"),
            R"(["\ufffd","\ufffd","\ud83d\ude00","\ufffd\ufffd","\ufffd\u0041"])");
}

TEST(JsonTextTest, AnEscapedBackslashBeforeAnUIsNoSurrogate) {
  EXPECT_EQ(repaired(R"(["\\ud800"])"), R"(["\\ud800"])");
  EXPECT_EQ(repaired(R"(["\\\ud800"])"), R"(["\\\ufffd"])");
  EXPECT_EQ(repaired("[\"\\\"\n\"]"), "[\"\\\"\\u000a\"]");
}

TEST(JsonTextTest, RepairedTextIsJson) {
  for (const std::string& text : {std::string("[\"\x80\xC0\xAF\t\\ud800\"]"), std::string("[\"\\udfff\\ud800\x01\"]"),
                                  std::string("{\"k\xFE\": 1}")}) {
    EXPECT_TRUE(is_json(repaired(text))) << text;
    EXPECT_TRUE(is_utf8(repaired(text))) << text;
  }
}

TEST(JsonTextTest, QuotesAnything) {
  EXPECT_EQ(json_quote(std::string_view("a\"\\\n\r\t\0\x01\x7F\xFF\xC3\xA9", 12)),
            "\"a\\\"\\\\\\n\\r\\t\\u0000\\u0001\\u007f\xEF\xBF\xBD\xC3\xA9\"");
  EXPECT_EQ(json_quote(""), "\"\"");
}

TEST(JsonTextTest, QuotingAndUnquotingGivesTheTextBack) {
  std::string text;
  for (char32_t character = 0; character < 0x300; ++character) {
    append_utf8(text, character);
  }
  append_utf8(text, 0x1F600);
  EXPECT_TRUE(is_json(json_quote(text)));
  EXPECT_EQ(json_unquote(json_quote(text)), text);
}

TEST(JsonTextTest, UnquotesEveryEscape) {
  EXPECT_EQ(json_unquote(R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000x")"),
            std::string("\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80\0x", 16));
}

TEST(JsonTextTest, UnquotesALoneSurrogateAsOneReplacement) {
  const std::string r(replacement_character);
  EXPECT_EQ(json_unquote(R"("a\ud800z")"), "a" + r + "z");
  EXPECT_EQ(json_unquote(R"("a\udc00z")"), "a" + r + "z");
  EXPECT_EQ(json_unquote(R"("\ud800\u0041")"), r + "A");
  EXPECT_EQ(json_unquote(R"("\ud7ff\ue000")"), "\xED\x9F\xBF\xEE\x80\x80") << "their neighbours are characters";
  EXPECT_EQ(json_unquote(R"("\ud800\udc00\udbff\udfff")"), "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

}  // namespace
}  // namespace elit
