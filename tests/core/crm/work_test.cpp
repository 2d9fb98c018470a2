#include "core/crm/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "core/crm/transcript.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::SizeIs;

OutgoingMessage message(std::string key, DeliveryUserId user, std::string_view time, std::string text,
                        Direction direction = Direction::in) {
  OutgoingMessage made;
  made.key = std::move(key);
  made.user = user;
  made.source = "support";
  made.user_id = "91981234567" + std::to_string(user);
  made.instant = parse_rfc3339(time);
  made.direction = direction;
  made.sender = direction == Direction::out ? "bot" : "user";
  made.type = "TEXT";
  made.text = std::move(text);
  made.raw = "{}";
  made.user_element = R"({"user.user_name": "Asha Rao", "mobile": 919812345678})";
  return made;
}

WorkOptions by_day() {
  WorkOptions options;
  options.unit = DeliveryUnit::day;
  options.zone = TimeZone({{Instant{}, minutes{330}}});
  options.zone_name = "Asia/Kolkata";
  return options;
}

std::string written(const json::object& values) {
  return json::serialize(values);
}

TEST(WorkTest, DescribesEachContactOnce) {
  const Work work =
      make_work({},
                {message("a", 2, "2026-01-31T09:15:02Z", "x"), message("b", 1, "2026-01-31T09:15:02Z", "x"),
                 message("c", 2, "2026-01-31T09:15:03Z", "x")},
                {});
  ASSERT_THAT(work.contacts, SizeIs(2));
  EXPECT_EQ(work.contacts[0].user, 2);
  EXPECT_EQ(written(work.contacts[0].values),
            R"({"key":"support.919812345672","user_id":"919812345672","source":"support",)"
            R"("user":{"user.user_name":"Asha Rao","mobile":919812345678},"name":"Asha Rao",)"
            R"("phone":"919812345678","email":"","fields":{}})");
}

std::string name_and_phone(std::string element) {
  OutgoingMessage one = message("a", 1, "", "x");
  one.user_element = std::move(element);
  const json::object values = make_work({}, {one}, {}).contacts.at(0).values;
  return text_of(values.at("name")) + "/" + text_of(values.at("phone"));
}

TEST(WorkTest, FindsNamesAndPhonesUnderTheirUsualMembers) {
  EXPECT_EQ(name_and_phone(R"({"name": "A", "user_name": "B", "phone": "1"})"), "A/1");
  EXPECT_EQ(name_and_phone(R"({"firstName": "A", "last_name": "B", "user.phone_no": "+1 2"})"), "A B/+1 2");
  EXPECT_EQ(name_and_phone(R"({"attributes": {"First Name": "A", "Phone Number": "1"}, "name": ""})"), "A/1");
  EXPECT_EQ(name_and_phone(R"({"name": {"first": "A"}, "phone": null, "mobile_no": 7})"), "/7");
  EXPECT_EQ(name_and_phone(R"("919812345678")"), "/");
  EXPECT_EQ(name_and_phone("{broken"), "/");
  EXPECT_EQ(name_and_phone(""), "/");
  EXPECT_EQ(name_and_phone(R"({"name": "A\u0000B\nC\ud800"})"), "AB C\xEF\xBF\xBD/");
}

TEST(WorkTest, GivesAPlusToAPhoneNumberThatIsTheIdOfAWhatsAppUser) {
  const auto phone = [](std::string id, std::string element) {
    OutgoingMessage one = message("a", 1, "2026-01-31T09:15:02Z", "x");
    one.user_id = std::move(id);
    one.user_element = std::move(element);
    return text_of(make_work({}, {one}, {}).contacts.at(0).values.at("phone"));
  };
  EXPECT_EQ(phone("919812345678", R"({"user.phone_no": "919812345678"})"), "+919812345678");
  EXPECT_EQ(phone("919812345678", R"({"attributes": {"phone": 919812345678}})"), "+919812345678");
  EXPECT_EQ(phone("+919812345678", R"({"phone": "91 98123 45678"})"), "+919812345678");
  EXPECT_EQ(phone("6591234567", R"({"channel": "whatsapp", "phone": "6591234567"})"), "+6591234567");
  EXPECT_EQ(phone("6591234567", R"({"channel": "web", "phone": "6591234567"})"), "6591234567")
      << "a number of Singapore, or one of India without its code";
  EXPECT_EQ(phone("3f0c6d1e", R"({"channel": "web", "phone": "919812345678"})"), "919812345678");
  EXPECT_EQ(phone("11111111111", R"({"phone": "911111"})"), "911111");
  EXPECT_EQ(phone("919812345", R"({"channel": "WhatsApp", "phone": "919812345"})"), "919812345") << "too short";
}

TEST(WorkTest, MakesOneRecordAMessage) {
  OutgoingMessage one = message("0f", 1, "2026-01-31T18:45:02.345Z", "Hi\nthere", Direction::in);
  one.media = Media{"https://x/a.png", "image/png"};
  WorkOptions options;
  options.zone = by_day().zone;
  options.zone_name = "Asia/Kolkata";
  const Work work = make_work(options, {one}, {});
  ASSERT_THAT(work.activities, SizeIs(1));
  EXPECT_EQ(work.activities[0].local_key, "0f");
  EXPECT_THAT(work.activities[0].messages, ElementsAre(0));
  EXPECT_EQ(written(work.activities[0].values),
            R"({"key":"0f","text":"Customer: Hi\nthere\nImage: https://x/a.png",)"
            R"-("plain":"Customer: Hi\nthere\nImage: https://x/a.png","title":"support 2026-02-01 (Asia/Kolkata)",)-"
            R"("started":1769885102345,"ended":1769885102345,"date":"2026-02-01","zone":"Asia/Kolkata","part":1,)"
            R"("count":1,"direction":"in","sender":"user","type":"TEXT","media_url":"https://x/a.png",)"
            R"("media_type":"image/png"})");
}

TEST(WorkTest, SplitsAMessageThatIsLongerThanARecord) {
  WorkOptions options;
  options.text.limit = 100;
  const Work work = make_work(options, {message("0f", 1, "2026-01-31T09:15:02Z", std::string(150, 'x'))}, {});
  ASSERT_THAT(work.activities, SizeIs(2));
  EXPECT_EQ(work.activities[0].values.at("text").as_string(), "Customer: " + std::string(90, 'x'));
  EXPECT_EQ(work.activities[1].values.at("text").as_string(), "Customer (continued): " + std::string(60, 'x'));
  EXPECT_EQ(work.activities[1].local_key, "0f#2");
  EXPECT_EQ(work.activities[1].values.at("key").as_string(), "0f#2");
  EXPECT_THAT(work.activities[1].messages, ElementsAre(0));
  EXPECT_NE(work.activities[0].digest, work.activities[1].digest);
}

TEST(WorkTest, WritesADayAsATranscriptInItsZone) {
  const std::vector<OutgoingMessage> batch{
      message("b", 1, "2026-01-31T18:29:59Z", "good night"),
      message("c", 1, "2026-01-31T18:30:00Z", "one\n09:00:00 Bot: two"),
      message("d", 1, "2026-01-31T18:31:00Z", "three", Direction::out),
  };
  const Work work = make_work(by_day(), batch, {message("a", 1, "2026-01-31T03:45:02Z", "good day")});
  ASSERT_THAT(work.activities, SizeIs(2));
  EXPECT_EQ(work.activities[0].local_key, "2026-01-31#1");
  EXPECT_THAT(work.activities[0].messages, ElementsAre(0));
  EXPECT_EQ(written(work.activities[0].values),
            R"({"key":"support.919812345671.2026-01-31#1",)"
            R"("text":"09:15:02 Customer: good day\n23:59:59 Customer: good night",)"
            R"("plain":"09:15:02 Customer: good day\n23:59:59 Customer: good night",)"
            R"-("title":"support 2026-01-31 (Asia/Kolkata)","started":1769831102000,"ended":1769884199000,)-"
            R"("date":"2026-01-31","zone":"Asia/Kolkata","part":1,"count":2})");
  EXPECT_THAT(work.activities[1].messages, ElementsAre(1, 2));
  EXPECT_EQ(work.activities[1].values.at("text").as_string(),
            "00:00:00 Customer: one\n  09:00:00 Bot: two\n00:01:00 Bot: three");
}

TEST(WorkTest, WritesHtmlTranscripts) {
  WorkOptions options = by_day();
  options.text.html = true;
  const Work work = make_work(
      options, {message("c", 1, "2026-01-31T03:45:02Z", "a<b\nc"), message("d", 1, "2026-01-31T03:45:03Z", "&")}, {});
  ASSERT_THAT(work.activities, SizeIs(1));
  EXPECT_EQ(work.activities[0].values.at("text").as_string(),
            "09:15:02 Customer: a&lt;b<br>&nbsp;&nbsp;c<br>09:15:03 Customer: &amp;");
  EXPECT_EQ(work.activities[0].values.at("plain").as_string(), "09:15:02 Customer: a<b\n  c\n09:15:03 Customer: &");
}

TEST(WorkTest, KeepsWhatHasNoReadableTimeApart) {
  const Work work = make_work(
      by_day(), {message("z", 1, "", "late"), message("b", 1, "2026-01-31T03:45:02Z", "x"), message("a", 1, "", "y")},
      {});
  ASSERT_THAT(work.activities, SizeIs(2));
  EXPECT_EQ(work.activities[1].local_key, "undated#1");
  EXPECT_THAT(work.activities[1].messages, ElementsAre(0, 2));
  EXPECT_EQ(written(work.activities[1].values),
            R"({"key":"support.919812345671.undated#1","text":"Customer: y\nCustomer: late",)"
            R"("plain":"Customer: y\nCustomer: late","title":"support undated","started":null,"ended":null,)"
            R"("date":null,"zone":"Asia/Kolkata","part":1,"count":2})");
}

TEST(WorkTest, OrdersUsersAsInTheBatchAndDaysInTime) {
  const Work work =
      make_work(by_day(),
                {message("a", 2, "2026-02-02T03:45:02Z", "x"), message("b", 1, "2026-01-31T03:45:02Z", "x"),
                 message("c", 2, "2026-02-01T03:45:02Z", "x"), message("d", 2, "", "x")},
                {message("e", 3, "2026-02-01T03:45:02Z", "another user"),
                 message("f", 2, "2026-01-01T03:45:02Z", "another day")});
  std::string order;
  for (const Activity& activity : work.activities) {
    order += std::to_string(activity.user) + ":" + activity.local_key + " ";
  }
  EXPECT_EQ(order, "2:2026-02-01#1 2:2026-02-02#1 2:undated#1 1:2026-01-31#1 ");
}

TEST(WorkTest, CountsAMessageOnceThatIsBothDeliveredAndInTheBatch) {
  const OutgoingMessage one = message("a", 1, "2026-01-31T03:45:02Z", "x");
  EXPECT_EQ(make_work(by_day(), {one}, {one}).activities.at(0).values.at("count"), 1);
}

TEST(WorkTest, NamesTheDaysThatABatchTouches) {
  const auto days = touched_days({message("a", 1, "2026-01-31T18:30:00Z", "x"), message("b", 2, "", "x"),
                                  message("c", 1, "2026-01-31T18:29:00Z", "x"),
                                  message("d", 1, "2026-02-01T18:29:00Z", "x"), message("e", 2, "", "x")},
                                 by_day().zone);
  ASSERT_THAT(days, SizeIs(3));
  EXPECT_EQ(days[0].day->name, "2026-02-01");
  EXPECT_EQ(days[1].user, 2);
  EXPECT_FALSE(days[1].day);
  EXPECT_EQ(days[2].day->name, "2026-01-31");
  EXPECT_EQ(days[2].day->to, *parse_rfc3339("2026-01-31T18:30:00Z"));
}

TEST(WorkTest, HasADigestOfItsContentAlone) {
  const auto digest = [](std::string text) {
    return make_work(by_day(), {message("a", 1, "2026-01-31T03:45:02Z", std::move(text))}, {}).activities.at(0).digest;
  };
  EXPECT_EQ(digest("x"), digest("x"));
  EXPECT_NE(digest("x"), digest("y"));
  constexpr std::string_view known = "363d699e477c83cb8ff30399edb1dc411cd83d3a5b831326722c2b6af0079862";
  EXPECT_EQ(digest("x"), known) << "a changed digest writes every record of every CRM again";
}

TEST(TranscriptTest, NeverCutsAnEntityALinkOrACharacter) {
  for (const TextUnit unit : {TextUnit::code_points, TextUnit::utf16, TextUnit::bytes}) {
    for (std::size_t shift = 0; shift < 12; ++shift) {
      Entry entry{"09:15:02", "Customer", {{std::string(shift, 'x'), "https://x/a"}}, true};
      for (int i = 0; i < 30; ++i) {
        entry.lines.push_back({"&<>\"😀👨‍👩‍👧‍👦é", ""});
      }
      Transcript transcript(TextForm{true, 80, unit});
      transcript.add(entry, {});
      std::string together;
      for (const TranscriptPart& part : transcript.parts()) {
        EXPECT_LE(text_length(part.text, unit), 80U);
        EXPECT_TRUE(is_utf8(part.text));
        const std::size_t entity = part.text.rfind('&');
        EXPECT_TRUE(entity == std::string::npos || part.text.find(';', entity) != std::string::npos) << part.text;
        const std::size_t tag = part.text.rfind('<');
        EXPECT_TRUE(tag == std::string::npos || part.text.find('>', tag) != std::string::npos) << part.text;
      }
      EXPECT_THAT(transcript.parts().front().text, testing::HasSubstr("<a href=\"https://x/a\">https://x/a</a>"));
    }
  }
}

TEST(TranscriptTest, CutsClustersAndLinksThatAreTooLongForAPart) {
  const Entry cluster{
      "09:15:02",
      "Customer",
      {{"x👨‍👨‍👨‍👨‍👨‍👨‍👨‍👨👨‍👨‍👨‍👨‍👨‍👨‍👨‍👨",
        ""}},
      true};  // 53 bytes each
  const Entry link{"09:15:02", "Customer", {{"", "https://x/" + std::string(90, '&')}}, true};
  for (const Entry& entry : {cluster, link}) {
    Transcript transcript(TextForm{true, 70, TextUnit::bytes});
    transcript.add(entry, {});
    EXPECT_THAT(transcript.parts(), SizeIs(testing::Ge(2U)));
    std::string plain;
    for (const TranscriptPart& part : transcript.parts()) {
      EXPECT_LE(part.text.size(), 70U) << part.text;
      EXPECT_THAT(part.text, testing::Not(testing::HasSubstr("<")));
      const std::size_t label = part.plain.find("): ");
      plain += part.plain.substr(label == std::string::npos ? 0 : label + 3);
    }
    EXPECT_EQ(plain, whole_text(entry, TextForm{}).plain);
  }
}

TEST(TranscriptTest, TakesSmallLimitsForTheSmallestThatWorks) {
  Transcript transcript(TextForm{true, 1, TextUnit::bytes});
  transcript.add({"09:15:02", std::string(60, '&'), {{std::string(100, '<'), ""}}, true}, {});
  for (const TranscriptPart& part : transcript.parts()) {
    EXPECT_LE(part.text.size(), text_limit_min);
  }
}

}  // namespace
}  // namespace elit::crm
