#include "core/elitbuzz/row_reader.hpp"

#include <gtest/gtest.h>

#include "core/text/json_scan.hpp"
#include "tests/support/source_options.hpp"

namespace elit::elitbuzz {
namespace {

Row read(std::string_view element) {
  const std::optional<Row> row = read_row(support_source(), "91", element);
  EXPECT_TRUE(row) << element;
  return row.value_or(Row{});
}

TEST(RowReaderTest, ReadsARowAsALiveServerSendsIt) {
  const Row row = read(R"({"timestamp": "2026/01/31 09:15:02.345+0000", "sender": "bot", "message_type": "TEXT",
    "response": "Your order has shipped", "file": null, "attachments": null, "user_id": "3f0c"})");
  ASSERT_TRUE(row.instant);
  EXPECT_EQ(to_ms(*row.instant), 1'769'850'902'345);
  EXPECT_EQ(row.instant_text, "2026/01/31 09:15:02.345+0000");
  EXPECT_FALSE(row.zone_assumed);
  EXPECT_EQ(row.direction, Direction::out);
  EXPECT_EQ(row.sender, "bot");
  EXPECT_EQ(row.type, "TEXT");
  EXPECT_EQ(row.text, "Your order has shipped");
  EXPECT_FALSE(row.media);
}

TEST(RowReaderTest, FindsTheInstantUnderOtherNames) {
  for (const std::string_view element :
       {R"({"timestamp":1769850902345})", R"({"time":"1769850902345"})", R"({"createdAt":1769850902.345})",
        R"({"created_at":1.769850902345e12})", R"({"timestamp":null,"date":"2026-01-31T09:15:02.345Z"})",
        R"({"timestamp":"","time":"2026-01-31T09:15:02.345Z"})"}) {
    const Row row = read(element);
    ASSERT_TRUE(row.instant) << element;
    EXPECT_EQ(to_ms(*row.instant), 1'769'850'902'345) << element;
  }
  EXPECT_EQ(read(R"({"timestamp":1.769850902345e12})").instant_text, "1.769850902345e12");
  EXPECT_TRUE(read(R"({"timestamp":"2026/01/31 09:15:02"})").zone_assumed);
}

TEST(RowReaderTest, KeepsARowWhoseInstantCannotBeRead) {
  for (const std::string_view element :
       {R"({"timestamp":"last week","response":"hi"})", R"({"timestamp":{"ms":1},"response":"hi"})",
        R"({"timestamp":true,"response":"hi"})", R"({"response":"hi"})"}) {
    const Row row = read(element);
    EXPECT_FALSE(row.instant) << element;
    EXPECT_EQ(row.text, "hi") << element;
  }
  EXPECT_EQ(read(R"({"timestamp":"last week"})").instant_text, "last week");
}

TEST(RowReaderTest, TellsTheDirection) {
  EXPECT_EQ(read(R"({"sender":"bot"})").direction, Direction::out);
  EXPECT_EQ(read(R"({"sender":"BOT"})").direction, Direction::out);
  EXPECT_EQ(read(R"({"sender":"user"})").direction, Direction::in);
  EXPECT_EQ(read(R"({"sender":42})").direction, Direction::in);
  EXPECT_EQ(read(R"({})").direction, Direction::unknown);
  EXPECT_EQ(read(R"({"sender":null})").direction, Direction::unknown);
  EXPECT_EQ(read(R"({"sender":"bot","message_type":"AGENT_PARTICIPATION_STATUS"})").direction, Direction::system);
}

TEST(RowReaderTest, FollowsTheOperatorsRoles) {
  SourceOptions source = support_source();
  source.api.sender_roles = {{"Agent", "agent"}, {"AGENT", "system"}, {"user", "in"}};
  const auto direction = [&](std::string_view element) { return read_row(source, "91", element)->direction; };
  EXPECT_EQ(direction(R"({"sender":"Agent"})"), Direction::agent);
  EXPECT_EQ(direction(R"({"sender":"AGENT"})"), Direction::system);
  EXPECT_EQ(direction(R"({"sender":"USER"})"), Direction::in);
  EXPECT_EQ(direction(R"({"sender":"bot"})"), Direction::out);
}

TEST(RowReaderTest, TakesAResponseOfAnyKind) {
  EXPECT_EQ(read(R"({"response":"a\u0000b\ud83d\ude00"})").text, std::string("a\0b\xF0\x9F\x98\x80", 7));
  EXPECT_EQ(read(R"({"response":{"a": [1.0]}})").text, R"({"a": [1.0]})");
  EXPECT_EQ(read(R"({"response":["x"]})").text, R"(["x"])");
  EXPECT_EQ(read(R"({"response":12345678901234567890})").text, "12345678901234567890");
  EXPECT_EQ(read(R"({"response":true})").text, "true");
  EXPECT_EQ(read(R"({"response":null,"text":"fallback"})").text, "fallback");
  EXPECT_EQ(read(R"({"text":"fallback"})").text, "fallback");
  EXPECT_EQ(read(R"({"response":"","text":"fallback"})").text, "");
  EXPECT_EQ(read(R"({"response":null})").text, "");
  EXPECT_EQ(read(R"({"response":"[⭐, ⭐⭐, ⭐⭐⭐]"})").text, "[⭐, ⭐⭐, ⭐⭐⭐]");
}

TEST(RowReaderTest, TakesSendersAndTypesOfAnyKind) {
  EXPECT_EQ(read(R"({"sender":42})").sender, "42");
  EXPECT_EQ(read(R"({"sender":{"id":1.0}})").sender, R"({"id":1.0})");
  EXPECT_EQ(read(R"({"messageType":"TEXT"})").type, "TEXT");
  EXPECT_EQ(read(R"({"message_type":null,"type":"OPTIONS"})").type, "OPTIONS");
  EXPECT_EQ(read(R"({"type":7})").type, "7");
}

TEST(RowReaderTest, FindsTheMedia) {
  const Row row = read(R"({"file":{"url":"https://f.example/a.jpg?s=1","mimeType":"image/jpeg","uploadType":"x"}})");
  ASSERT_TRUE(row.media);
  EXPECT_EQ(row.media->url, "https://f.example/a.jpg?s=1");
  EXPECT_EQ(row.media->type, "image/jpeg");
  EXPECT_EQ(read(R"({"file":{"url":"u","mime_type":"t"}})").media->type, "t");
  EXPECT_EQ(read(R"({"file":"https://f.example/a"})").media->url, "https://f.example/a");
  EXPECT_EQ(read(R"({"attachments":[null,{"name":"n"},{"url":"u"}]})").media->url, "u");
  EXPECT_EQ(read(R"({"attachments":{"url":"u"}})").media->url, "u");
  for (const std::string_view element :
       {R"({"file":{}})", R"({"file":{"url":null}})", R"({"file":{"url":""}})", R"({"file":"none"})", R"({"file":7})",
        R"({"attachments":[]})", R"({"attachments":[[]]})"}) {
    EXPECT_FALSE(read(element).media) << element;
  }
}

TEST(RowReaderTest, KeepsTheRowAsSent) {
  const std::string_view element = R"({ "response" : 1.50, "new_field":[12345678901234567890], "response":"twice" })";
  const Row row = read(element);
  EXPECT_EQ(row.raw, element);
  EXPECT_TRUE(is_json(row.raw));
  EXPECT_EQ(row.text, "twice");
}

TEST(RowReaderTest, KeepsTextsAndNumbersThatAreNoObjects) {
  EXPECT_EQ(read(R"("just a \"text\"")").text, "just a \"text\"");
  EXPECT_EQ(read("17").text, "17");
  EXPECT_FALSE(read("17").instant);
  EXPECT_EQ(read("17").direction, Direction::unknown);
  EXPECT_EQ(read("17").raw, "17");
}

TEST(RowReaderTest, RefusesWhatIsNoRow) {
  for (const std::string_view element :
       {"null", "true", "[]", "[1]", "01", "NaN", "\"\\x\"", R"({"a":01})", R"({"a":"\q"})"}) {
    EXPECT_FALSE(read_row(support_source(), "91", element)) << element;
  }
}

TEST(RowReaderTest, NamesARowAlikeHoweverItIsWritten) {
  const Digest digest = read(R"({"timestamp":"2026/01/31 09:15:02.345+0000","sender":"bot","message_type":"TEXT",
    "response":{"a":1,"b":"\u00e9"},"file":{"url":"https://f.example/a?s=1"},"id":"1"})")
                            .digest;
  EXPECT_EQ(read(R"({"file":{"mimeType":"x","url":"https://f.example/a?s=2"},"user_id":"other","extra":[],
    "response":{"b":"é","a":1.0},"messageType":"TEXT","sender":"bot","timestamp":1769850902345})")
                .digest,
            digest);
  EXPECT_EQ(read(R"({"response":null,"text":"x"})").digest, read(R"({"response":"x","text":"y"})").digest);
  EXPECT_EQ(read(R"({"sender":{"a":1,"b":2}})").digest, read(R"({"sender":{"b":2,"a":1.0}})").digest);
}

TEST(RowReaderTest, NamesDifferentRowsDifferently) {
  const std::string_view base = R"({"timestamp":"1769850902345","sender":"bot","message_type":"TEXT","response":"1"})";
  for (const std::string_view other :
       {R"({"timestamp":"1769850902346","sender":"bot","message_type":"TEXT","response":"1"})",
        R"({"timestamp":"1769850902345","sender":"user","message_type":"TEXT","response":"1"})",
        R"({"timestamp":"1769850902345","sender":"bot","message_type":"IMAGE","response":"1"})",
        R"({"timestamp":"1769850902345","sender":"bot","message_type":"TEXT","response":1})",
        R"({"timestamp":"1769850902345","sender":"bot","message_type":"TEXT","response":"1 "})"}) {
    EXPECT_NE(read(other).digest, read(base).digest) << other;
  }
  EXPECT_NE(read_row(support_source(), "92", base)->digest, read(base).digest);
}

}  // namespace
}  // namespace elit::elitbuzz
