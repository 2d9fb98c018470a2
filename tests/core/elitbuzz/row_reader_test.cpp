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
  EXPECT_EQ(read(R"({"response":"x"})").direction, Direction::unknown);
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

TEST(RowReaderTest, RefusesWhatIsNoMessage) {
  for (const std::string_view element : {"null", "true", "[]", "[1]", "01", "NaN", "\"\\x\"", "17", "\"text\"", "{}",
                                         R"({"a":01})", R"({"a":"\q"})", R"({"id":7,"status":"deleted"})"}) {
    EXPECT_FALSE(read_row(support_source(), "91", element)) << element;
  }
}

TEST(RowReaderTest, RefusesAWrapperWhateverStandsBesideTheMessage) {
  for (const std::string_view element :
       {R"({"message":{"timestamp":1769850902345,"sender":"bot","response":"hi"}})",
        R"({"type":"message","createdAt":1769850902345,"message":{"sender":"bot","response":"hi"}})"}) {
    EXPECT_FALSE(read_row(support_source(), "91", element)) << element;
  }
  EXPECT_TRUE(read_row(support_source(), "91", R"({"sender":"bot","payload":{"text":"buttons"}})"));
}

TEST(RowReaderTest, FindsTheMessageWhereTheOperatorSays) {
  SourceOptions source = support_source();
  source.api.message = "/message";
  const std::string_view element = R"({"id":1,"message":{"timestamp":1769850902345,"sender":"bot","response":"hi"}})";
  const std::optional<Row> row = read_row(source, "91", element);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->text, "hi");
  EXPECT_EQ(row->sender, "bot");
  EXPECT_EQ(row->raw, element) << "all of it is kept";
  EXPECT_FALSE(read_row(source, "91", R"({"id":1,"message":null})"));
  EXPECT_FALSE(read_row(source, "91", R"({"response":"hi"})"));
}

TEST(RowReaderTest, KeepsWhatCanBeReadOfARowThatIsNoJson) {
  const Row row =
      read(R"({"timestamp":1769850902345,"response":"a\qb","score":NaN,"list":[01,{"x":tru}],"sender":"bot"})");
  EXPECT_EQ(row.text, "a\\qb");
  EXPECT_EQ(row.sender, "bot");
  EXPECT_EQ(row.raw,
            R"({"timestamp":1769850902345,"response":"a\\qb","score":"NaN","list":["01",{"x":"tru"}],"sender":"bot"})");
  EXPECT_TRUE(is_json(row.raw));
  EXPECT_EQ(read(R"({"response":"\u12"})").text, "\\u12");
  EXPECT_EQ(read(R"({"response":undefined})").text, "undefined");
}

TEST(RowReaderTest, APlaceholderIsNoInstant) {
  for (const std::string_view text :
       {"0001-01-01T00:00:00Z", "0001/01/01 00:00:00.000+0000", "1970-01-01T00:00:00Z", "1970/01/01 05:30:00+0530",
        "1601-01-01T00:00:00Z", "1753-01-01T00:00:00", "1899-12-30T00:00:00Z", "1900-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z", "9999-12-31", "253402300799000", "0"}) {
    const Row row = read(R"({"timestamp":")" + std::string(text) + R"(","response":"hi"})");
    EXPECT_FALSE(row.instant) << text;
    EXPECT_EQ(row.instant_text, text);
  }
}

TEST(RowReaderTest, NotesWhichMembersAreThereWhateverTheirValues) {
  const RowMembers all =
      read(R"({"time":null,"sender":"","type":"T","text":null,"file":null,"attachments":null})").members;
  for (const RowMember member : {RowMember::timestamp, RowMember::sender, RowMember::message_type, RowMember::response,
                                 RowMember::file, RowMember::attachments}) {
    EXPECT_TRUE(all.has(member)) << to_string(member);
    EXPECT_EQ(read(R"({"sender":"x"})").members.has(member), member == RowMember::sender) << to_string(member);
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

TEST(RowReaderTest, NamesARowAlikeHoweverItsLinksAreSigned) {
  const auto digest = [](const std::string& response, const std::string& url) {
    return read(R"({"timestamp":"1769850902345","sender":"bot","response":)" + response + R"(,"file":{"url":")" + url +
                R"("}})")
        .digest;
  };
  const auto alike = [&](const std::string& one, const std::string& other) {
    EXPECT_EQ(digest("\"x\"", one), digest("\"x\"", other)) << one << ' ' << other;
    EXPECT_EQ(digest("\"see " + one + " now\"", ""), digest("\"see " + other + " now\"", "")) << one << ' ' << other;
    const std::string inner = R"("{\"url\":\")";
    EXPECT_EQ(digest(inner + one + R"(\"}")", ""), digest(inner + other + R"(\"}")", "")) << one << ' ' << other;
  };
  alike("https://m.example/a.jpg?sig=1", "https://m.example/a.jpg?sig=2&e=3#top");
  alike("https://m.example/t/a0000001/photo.jpg", "https://m.example/t/a0000002/photo.jpg");
  alike("https://m.example/3f0c9a8b-7d6e-4f10-9b2a-111111111111/a.png",
        "https://m.example/9f0c9a8b-7d6e-4f10-9b2a-222222222222/a.png");
  alike("https://m.example/exp=1769850902~hmac=ab12/a.png", "https://m.example/exp=1769850999~hmac=cd34/a.png");
  EXPECT_NE(digest("\"x\"", "https://m.example/a.jpg"), digest("\"x\"", "https://m.example/b.jpg"));
  EXPECT_NE(digest("\"https://m.example/page-one\"", ""), digest("\"https://m.example/page-two\"", ""));
  EXPECT_EQ(digest(R"("{\"a\":1,\"b\":2}")", ""), digest(R"("{ \"b\":2.0, \"a\":1 }")", ""));
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
