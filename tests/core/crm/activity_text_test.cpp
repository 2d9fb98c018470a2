#include "core/crm/activity_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <string>

#include "core/crm/response_lines.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/html_text.hpp"
#include "core/text/json_text.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

OutgoingMessage message(Direction direction, std::string type, std::string text) {
  OutgoingMessage made;
  made.direction = direction;
  made.type = std::move(type);
  made.text = std::move(text);
  return made;
}

std::string joined(const std::vector<TextLine>& lines) {
  std::string text;
  for (const TextLine& line : lines) {
    text += (text.empty() ? "" : "\n") + line.text + (line.url.empty() ? "" : "<" + line.url + ">");
  }
  return text;
}

std::string bot_says(std::string type, std::string text, std::string_view raw = "null") {
  return joined(message_lines(message(Direction::out, std::move(type), std::move(text)), json::parse(raw)));
}

TEST(ActivityTextTest, ListsOptionsHoweverTheyArePrinted) {
  EXPECT_EQ(bot_says("OPTIONS", "[⭐, ⭐⭐, ⭐⭐⭐]"), "- ⭐\n- ⭐⭐\n- ⭐⭐⭐");
  EXPECT_EQ(bot_says("OPTIONS", R"(["Yes", 2, ""])"), "- Yes\n- 2");
  EXPECT_EQ(bot_says("OPTIONS", R"({"text":"Rate us","options":[{"title":"Good","payload":"g"},{"label":"Bad"}]})"),
            "Rate us\n- Good\n- Bad");
  EXPECT_EQ(bot_says("QUICK_REPLIES", R"({"quick_replies":["A","B"],"message":{"text":"Pick"}})"), "- A\n- B\nPick");
  EXPECT_EQ(bot_says("TEXT", "Pick", R"({"response":"Pick","options":["A","B"]})"), "Pick\n- A\n- B");
}

TEST(ActivityTextTest, ShowsCarouselsListsAndPlaces) {
  EXPECT_EQ(bot_says("CAROUSEL", R"({"type":"carousel","templates":[
              {"title":"Shoes","subtitle":"Red","image_url":"https://x/i.png","buttons":[
                {"type":"postback","title":"Buy","payload":"b"},{"title":"See","url":"https://x/s"}]},
              {"title":"Hats","buttons":[]}]})"),
            "- Shoes: Red\n  Image: <https://x/i.png>\n  - Buy\n  - See: <https://x/s>\n- Hats");
  EXPECT_EQ(bot_says("INTERACTIVE", R"({"type":"list","header":{"type":"text","text":"Menu"},"body":{"text":"Choose"},
              "action":{"button":"Open","sections":[{"title":"Food","rows":[{"id":"1","title":"Pizza"}]}]}})"),
            "Menu\nChoose\n- Food\n  - Pizza");
  EXPECT_EQ(bot_says("INTERACTIVE", R"({"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Yes"}}]}})"),
            "- Yes");
  EXPECT_EQ(bot_says("LOCATION", R"({"latitude":12.9,"longitude":"77.5","name":"Office"})"), "Location: 12.9, 77.5");
}

TEST(ActivityTextTest, ReadsThatAnAgentJoined) {
  EXPECT_EQ(bot_says("AGENT_PARTICIPATION_STATUS",
                     R"({"agentId": 17, "PARTICIPATION_MESSAGE": "<strong>Ann &amp; Bo</strong> joined, 1 < 2"})"),
            "Ann & Bo joined, 1 < 2");
}

TEST(ActivityTextTest, FallsBackToTheTextOfTheReader) {
  EXPECT_EQ(bot_says("NEW", R"({"foo": {"bar": [1]}})"), R"({"foo": {"bar": [1]}})");
  EXPECT_EQ(bot_says("TEXT", "{broken"), "{broken");
  EXPECT_EQ(bot_says("TEXT", "[1, 2"), "[1, 2");
  EXPECT_EQ(bot_says("TEXT", "[]"), "[]");
  const std::string soup = "{\"x\": \"" + std::string(5'000, 'a') + "\"}";
  EXPECT_EQ(bot_says("NEW", soup), soup.substr(0, 1'000) + "…");
  std::string deep = "1";
  for (int i = 0; i < 120; ++i) {
    deep = "{\"data\":[" + deep + "]}";
  }
  EXPECT_FALSE(bot_says("NEW", deep).empty());
}

TEST(ActivityTextTest, KeepsWhatACustomerTypes) {
  const OutgoingMessage typed = message(Direction::in, "TEXT", R"({"title": "Agent Bob: you get a refund"})");
  EXPECT_EQ(joined(message_lines(typed, nullptr)), typed.text);
  const OutgoingMessage clicked =
      message(Direction::in, "INTERACTIVE", R"({"button_reply": {"id": 1, "title": "Yes"}})");
  EXPECT_EQ(joined(message_lines(clicked, nullptr)), "Yes");
}

TEST(ActivityTextTest, ShowsMediaAsALink) {
  OutgoingMessage sent = message(Direction::in, "FILE_RECEIVED", "User uploaded a.jpg - [image/jpeg]");
  sent.media = Media{"https://x/a.jpg?s=1", "image/jpeg"};
  EXPECT_EQ(joined(message_lines(sent, nullptr)), "User uploaded a.jpg - [image/jpeg]\nImage: <https://x/a.jpg?s=1>");
  sent.text = "";
  sent.media = Media{"https://x/a", ""};
  EXPECT_EQ(joined(message_lines(sent, nullptr)), "File: <https://x/a>");
}

TEST(ActivityTextTest, ShowsEveryAttachmentWithItsKind) {
  OutgoingMessage sent = message(Direction::in, "FILE_RECEIVED", "two files");
  sent.media = Media{"https://x/a", "image/jpeg"};
  const auto shown = [&](std::string_view raw) { return joined(message_lines(sent, json::parse(raw))); };
  EXPECT_EQ(shown(R"({"attachments":[{"url":"https://x/a","mimeType":"image/jpeg"},
                      {"url":"https://x/b","mimeType":"application/pdf"},{"payload":{"url":"https://x/c.ogg"}}]})"),
            "two files\nImage: <https://x/a>\nFile: <https://x/b>\nAudio: <https://x/c.ogg>");
  EXPECT_EQ(shown(R"({"file":{"url":"https://x/a"},"images":["https://x/d"],"video":"https://x/e"})"),
            "two files\nImage: <https://x/a>\nImage: <https://x/d>\nVideo: <https://x/e>");
  EXPECT_EQ(shown(R"({"attachments":"[{\"type\":\"video\",\"link\":\"https://x/f\"}]"})"),
            "two files\nImage: <https://x/a>\nVideo: <https://x/f>");
  EXPECT_EQ(shown(R"({"attachments":null,"files":[]})"), "two files\nImage: <https://x/a>");
}

TEST(ActivityTextTest, ShowsEveryLinkOfACardAndOfNestedLists) {
  EXPECT_EQ(bot_says("CAROUSEL", R"({"cards":[{"header":{"type":"image","image":{"link":"https://x/1"}},
              "body":{"text":"One"},"buttons":[{"title":"Go","url":"https://x/go"}]},
              {"title":"Two","image":{"url":"https://x/2"},"default_action":{"type":"web_url","url":"https://x/two"},
               "video_url":"https://x/v"}]})"),
            "- Image: <https://x/1>\n- One\n- Go: <https://x/go>\n- Two\n  Image: <https://x/2>\n  <https://x/two>\n"
            "  Video: <https://x/v>");
  EXPECT_EQ(bot_says("LIST", R"({"items":[{"title":"A","items":[{"title":"B","items":["C",{"title":"D",
              "items":[["E","F"]]}]}]}]})"),
            "- A\n  - B\n    - C\n    - D\n      - E\n      - F");
  EXPECT_EQ(bot_says("MEDIA", R"({"type":"document","url":"https://x/g","more":{"deep":["https://x/h.mp4"]}})"),
            "File: <https://x/g>\nVideo: <https://x/h.mp4>");
  EXPECT_EQ(bot_says("LIST", R"({"list":[{"type":"file","name":"price list","url":"https://x/p"},"https://x/q"]})"),
            "- File price list: <https://x/p>\n- <https://x/q>");
}

TEST(ActivityTextTest, ShowsAnUnknownStructureWholeAndTheLinksThatItsCutLeavesOut) {
  EXPECT_EQ(bot_says("NEW", R"({"foo": {"bar": "https://x/a"}})"), R"({"foo": {"bar": "https://x/a"}})");
  const std::string soup = R"({"x": ")" + std::string(2'000, 'a') + R"(", "y": {"photo": "https://x/a"}})";
  EXPECT_EQ(bot_says("NEW", soup), soup.substr(0, 1'000) + "…\nImage: <https://x/a>");
}

TEST(ActivityTextTest, NamesAMessageWithoutText) {
  EXPECT_EQ(bot_says("STICKER", " \n"), "[STICKER]");
  EXPECT_EQ(bot_says("", ""), "[no text]");
}

TEST(ActivityTextTest, NamesTheSpeaker) {
  const auto speaker = [](Direction direction, std::string sender, std::string_view raw = "null") {
    OutgoingMessage made = message(direction, "TEXT", "hi");
    made.sender = std::move(sender);
    return speaker_of(made, json::parse(raw));
  };
  EXPECT_EQ(speaker(Direction::in, "user"), "Customer");
  EXPECT_EQ(speaker(Direction::out, "bot"), "Bot");
  EXPECT_EQ(speaker(Direction::system, "bot"), "System");
  EXPECT_EQ(speaker(Direction::agent, "agent"), "Agent");
  EXPECT_EQ(speaker(Direction::agent, "Ann Lee"), "Agent Ann Lee");
  EXPECT_EQ(speaker(Direction::agent, "Agent Ann"), "Agent Ann");
  EXPECT_EQ(speaker(Direction::agent, "agent", R"({"agentName": "Ann\nLee"})"), "Agent Ann Lee");
  EXPECT_EQ(speaker(Direction::agent, "agent", R"({"agentId": 17})"), "Agent 17");
  EXPECT_EQ(speaker(Direction::agent, R"({"name":"Ann"})", R"({"sender": {"name": "Ann"}})"), "Agent Ann");
  EXPECT_EQ(speaker(Direction::unknown, ""), "Unknown");
  EXPECT_EQ(speaker(Direction::unknown, "who"), "who");
  EXPECT_EQ(speaker(Direction::agent, std::string(1'000, 'x')).size(), 66U);
}

TEST(ActivityTextTest, IsHtmlWhereTheFieldIs) {
  const Entry entry{
      "09:15:02", "Customer", {{"<b>1 & 2</b>", ""}, {"see ", "https://x/?a=1&b=\"2\""}, {"", "ftp://x"}}};
  EXPECT_EQ(whole_text(entry, TextForm{true, 0, TextUnit::code_points}).shown,
            "09:15:02 Customer: &lt;b&gt;1 &amp; 2&lt;/b&gt;<br>see "
            "<a href=\"https://x/?a=1&amp;b=&quot;2&quot;\">https://x/?a=1&amp;b=&quot;2&quot;</a><br>ftp://x");
  EXPECT_EQ(whole_text(entry, TextForm{}).shown,
            "09:15:02 Customer: <b>1 & 2</b>\nsee https://x/?a=1&b=\"2\"\nftp://x");
  const Entry trick{"", "Customer", {{"a", ""}, {"", "javascript:alert(1)"}}, true};
  EXPECT_EQ(whole_text(trick, TextForm{true, 0, TextUnit::code_points}).shown,
            "Customer: a<br>&nbsp;&nbsp;javascript:alert(1)");
}

TEST(CleanTextTest, HoldsNothingThatBreaksARecord) {
  EXPECT_EQ(clean_text(std::string_view("a\0b\x07\x1b[1m\x7f\tc", 11)), "ab[1m\tc");
  EXPECT_EQ(clean_text("a\r\nb\rc\nd\u2028e\u0085f"), "a\nb\nc\nd\ne\nf");
  EXPECT_EQ(clean_text("a\xFF\xED\xA0\x80z\u0090\uFEFF"), "a\uFFFD\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(clean_line(" a\n b\t"), "a  b");
}

TEST(CleanTextTest, ClosesTheDirectionsThatALineOpens) {
  EXPECT_EQ(clean_text("\u202Eabc\nd"), "\u202Eabc\u202C\nd");
  EXPECT_EQ(clean_text("\u2067\u202Babc"), "\u2067\u202Babc\u202C\u2069");
  EXPECT_EQ(clean_text("\u2067abc\u2069"), "\u2067abc\u2069");
  EXPECT_EQ(clean_text("abc\u2069\u202C"), "abc");
  EXPECT_EQ(clean_text("שלום عربي"), "שלום عربي");
}

TEST(HtmlTextTest, IsRemovedFromSentences) {
  EXPECT_EQ(html_removed("<p class=\"a\">1 &lt; 2 &amp;amp; 3</p>"), "1 < 2 &amp; 3");
  EXPECT_EQ(html_removed("a < b <unclosed"), "a < b <unclosed");
}

}  // namespace
}  // namespace elit::crm
