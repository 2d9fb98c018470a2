#include "core/crm/filters.hpp"
#include "core/text/text_length.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

#include "core/text/utf8.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// Applies the filter to a JSON value; returns JSON.
std::string filtered(std::string_view value, std::string_view name, const std::vector<std::string>& arguments = {}) {
  EXPECT_EQ(filter_mistake(name, arguments), "");
  return json::serialize(apply_filter(name, arguments, json::parse(value)));
}

// The same for texts.
std::string text_filtered(std::string_view text, std::string_view name,
                          const std::vector<std::string>& arguments = {}) {
  EXPECT_EQ(filter_mistake(name, arguments), "");
  return text_of(apply_filter(name, arguments, json::value(text)));
}

TEST(FiltersTest, SayWhetherThereIsNothing) {
  for (const char* nothing : {"null", "false", R"("")", R"("false")", "[]", "{}"}) {
    EXPECT_EQ(filtered(nothing, "not"), "true") << nothing;
  }
  for (const char* something : {"true", "0", R"("a")", "[1]", R"({"a":1})"}) {
    EXPECT_EQ(filtered(something, "not"), "false") << something;
  }
}

TEST(FiltersTest, LeaveNullAsItIsButForDefault) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> calls{
      {"string", {}},   {"lower", {}},    {"e164", {}},        {"iso8601", {}}, {"strftime", {"%Y"}}, {"html", {}},
      {"json", {}},     {"limit", {"3"}}, {"skip", {"3"}},     {"sha256", {}},  {"uuid5", {}},        {"join", {","}},
      {"map", {"a=b"}}, {"number", {}},   {"first_word", {}},  {"keys", {}},    {"epoch_ms", {}},     {"nl2br", {}},
      {"base64", {}},   {"url", {}},      {"external_id", {}}, {"epoch_s", {}}, {"values", {}},       {"trim", {}}};
  for (const auto& [name, arguments] : calls) {
    EXPECT_EQ(filtered("null", name, arguments), "null") << name;
  }
  EXPECT_EQ(filtered("null", "default", {"none"}), R"("none")");
}

TEST(FiltersTest, GiveNullForWhatTheyDoNotFit) {
  for (const std::string_view name : {"lower", "trim", "digits", "html", "sha256", "url", "first_word", "iso8601"}) {
    EXPECT_EQ(filtered("[1]", name), "null") << name;
    EXPECT_EQ(filtered(R"({"a":1})", name), "null") << name;
  }
  EXPECT_EQ(filtered(R"("a")", "keys"), "null");
  EXPECT_EQ(filtered(R"("a")", "values"), "null");
  EXPECT_EQ(filtered(R"("a")", "join", {","}), "null");
  EXPECT_EQ(filtered("[1]", "backslash", {"'"}), "null");
  EXPECT_EQ(filtered("true", "number"), "null");
}

TEST(FiltersTest, TurnValuesIntoTextsAndBack) {
  EXPECT_EQ(filtered("12", "string"), R"("12")");
  EXPECT_EQ(filtered("1.5", "string"), R"("1.5")");
  EXPECT_EQ(filtered("true", "string"), R"("true")");
  EXPECT_EQ(filtered("[1,2]", "string"), R"("[1,2]")");
  EXPECT_EQ(filtered(R"(" 12 ")", "number"), "12");
  EXPECT_EQ(filtered(R"("-1.5")", "number"), "-1.5E0");
  EXPECT_EQ(filtered(R"("1e999")", "number"), "null");
  EXPECT_EQ(filtered(R"("12 apples")", "number"), "null");
  EXPECT_EQ(filtered(R"({"a": [1]})", "json"), R"("{\"a\":[1]}")");
}

TEST(FiltersTest, ChangeLettersAndBlanks) {
  EXPECT_EQ(text_filtered("Grüß GOTT", "lower"), "grüß gott");
  EXPECT_EQ(text_filtered("Grüß gott", "upper"), "GRüß GOTT");
  EXPECT_EQ(text_filtered(" \n a b\t", "trim"), "a b");
  EXPECT_EQ(text_filtered("+91 (98) 12-3", "digits"), "9198123");
  EXPECT_EQ(text_filtered("  Asha Rao  Iyer ", "first_word"), "Asha");
  EXPECT_EQ(text_filtered("  Asha Rao  Iyer ", "other_words"), "Rao  Iyer");
  EXPECT_EQ(filtered(R"("Asha")", "other_words"), R"("")");
  EXPECT_EQ(filtered(R"("")", "first_word"), R"("")");
}

TEST(FiltersTest, WriteInstants) {
  constexpr std::string_view instant = "1769850902345";  // 2026-01-31T09:15:02.345Z
  EXPECT_EQ(filtered(instant, "iso8601"), R"("2026-01-31T09:15:02.345Z")");
  EXPECT_EQ(filtered(instant, "epoch_ms"), "1769850902345");
  EXPECT_EQ(filtered(instant, "epoch_s"), "1769850902");
  EXPECT_EQ(filtered("-1", "epoch_s"), "-1");
  EXPECT_EQ(filtered(instant, "strftime", {"%Y-%m-%d", "%H:%M:%S"}), R"("2026-01-31 09:15:02")");
  EXPECT_EQ(filtered(instant, "strftime", {"%d.%m.%Y %L%z %q %"}), R"("31.01.2026 345+0000 %q %")");
  EXPECT_EQ(filtered(R"("2026/01/31 09:15:02.345+0000")", "epoch_ms"), "1769850902345");
  EXPECT_EQ(filtered("1e300", "iso8601"), "null");
  EXPECT_EQ(filtered(R"("soon")", "iso8601"), "null");
}

TEST(FiltersTest, EscapeHtml) {
  EXPECT_EQ(text_filtered(R"(<a href="x">1 & 2</a>)", "html"), "&lt;a href=&quot;x&quot;&gt;1 &amp; 2&lt;/a&gt;");
  EXPECT_EQ(text_filtered(std::string_view("a\0b\x01\x1f\tc\n\xEF\xBF\xBF\xEF\xBF\xBD", 15), "html"),
            "ab\tc\n\xEF\xBF\xBD");
  EXPECT_EQ(text_filtered("a\r\nb\nc\rd", "nl2br"), "a<br>b<br>c<br>d");
}

TEST(FiltersTest, LimitTextsInTheUnitAskedFor) {
  EXPECT_EQ(text_filtered("a😀b", "limit", {"2"}), "a😀");
  EXPECT_EQ(text_filtered("a😀b", "limit", {"2", "utf16"}), "a");
  EXPECT_EQ(text_filtered("a😀b", "limit", {"3", "utf16"}), "a😀");
  EXPECT_EQ(text_filtered("a😀b", "limit", {"4", "bytes"}), "a");
  EXPECT_EQ(text_filtered("a😀b", "limit", {"0"}), "");
  EXPECT_EQ(filtered("[1,2,3]", "limit", {"2"}), "[1,2]");
  EXPECT_EQ(filtered("12345", "limit", {"2"}), R"("12")");
  EXPECT_EQ(filtered("[1,2,3]", "skip", {"2"}), "[3]");
  EXPECT_EQ(filtered("[1,2,3]", "skip", {"4"}), "[]");
  EXPECT_EQ(filtered("12345", "skip", {"2"}), "null");
}

TEST(FiltersTest, DoNotCutAFamilyOrAFlag) {
  const std::string family = "👨‍👩‍👧‍👦";  // seven code points
  EXPECT_EQ(text_beginning("ab" + family, 5, TextUnit::code_points), "ab");
  EXPECT_EQ(text_beginning("ab" + family, 9, TextUnit::code_points), "ab" + family);
  EXPECT_EQ(text_beginning("ab🇮🇳🇮🇳", 5, TextUnit::code_points), "ab🇮🇳");
  EXPECT_EQ(text_beginning("ab❤️c", 3, TextUnit::code_points), "ab");
  EXPECT_EQ(text_beginning(family, 2, TextUnit::code_points), "👨‍") << "something is better than nothing";
}

TEST(FiltersTest, CutEvenAnEndlessClusterSomewhere) {
  std::string marks = "a";
  for (int i = 0; i < 100; ++i) {
    marks += "\u0301";
  }
  const std::string_view beginning = text_beginning(marks, 50, TextUnit::code_points);
  EXPECT_GT(text_length(beginning, TextUnit::code_points), 30U);
  EXPECT_TRUE(is_utf8(beginning));
}

TEST(FiltersTest, MeasureTexts) {
  EXPECT_EQ(text_length("é😀", TextUnit::code_points), 2U);
  EXPECT_EQ(text_length("é😀", TextUnit::utf16), 3U);
  EXPECT_EQ(text_length("é😀", TextUnit::bytes), 6U);
}

TEST(FiltersTest, TakeADefaultForNothing) {
  EXPECT_EQ(filtered(R"("")", "default", {"-"}), R"("-")");
  EXPECT_EQ(filtered(R"("a")", "default", {"-"}), R"("a")");
  EXPECT_EQ(filtered("0", "default", {"-"}), "0");
  EXPECT_EQ(filtered("null", "default", {"Unknown", "person"}), R"("Unknown person")");
  EXPECT_EQ(filtered("null", "default", {""}), R"("")");
}

TEST(FiltersTest, MakeNamesOfTexts) {
  EXPECT_EQ(text_filtered("abc", "sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(text_filtered("a+b/c?", "base64"), "YStiL2M/");
  EXPECT_EQ(text_filtered("a b/c&é", "url"), "a%20b%2Fc%26%C3%A9");
  EXPECT_EQ(text_filtered("support.91 é_-", "external_id"), "support.2e91.20.c3.a9_-");
  EXPECT_NE(text_filtered("a.2e", "external_id"), text_filtered("a..", "external_id"));
}

TEST(FiltersTest, PutABackslashBeforeWhatQueriesGiveAMeaning) {
  EXPECT_EQ(filtered(R"("O'Neil\\(é), 1")", "backslash", {"(),"}), R"("O'Neil\\\\\\(é\\)\\, 1")");
  EXPECT_EQ(filtered(R"("O'Neil")", "backslash", {"'"}), R"("O\\'Neil")");
  EXPECT_EQ(filtered("17", "backslash", {"'"}), R"("17")");
}

TEST(FiltersTest, MakeTheUuidsThatOthersMake) {
  // By Python: uuid.uuid5(uuid.UUID(uuid_namespace), "support.919812345678")
  EXPECT_EQ(text_filtered("support.919812345678", "uuid5"), "ab1c2c0d-9072-59cd-9423-4c0e4f14d398");
}

TEST(FiltersTest, TakeObjectsAndListsApart) {
  EXPECT_EQ(filtered(R"({"b":1,"a":[2]})", "keys"), R"(["b","a"])");
  EXPECT_EQ(filtered(R"({"b":1,"a":[2]})", "values"), "[1,[2]]");
  EXPECT_EQ(filtered(R"(["a",1,null,"","b"])", "join", {", "}), R"("a, 1, b")");
}

TEST(FiltersTest, MapWords) {
  EXPECT_EQ(filtered(R"("in")", "map", {"in=incoming", "out=outgoing"}), R"("incoming")");
  EXPECT_EQ(filtered(R"("system")", "map", {"in=incoming"}), R"("system")");
  EXPECT_EQ(filtered("true", "map", {"true=yes=1"}), R"("yes=1")");
  EXPECT_EQ(filtered("7", "map", {"8=x"}), "7");
}

std::string phone(std::string_view text, std::string_view country = {}) {
  const std::vector<std::string> arguments =
      country.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string(country)};
  return filtered(json::serialize(json::value(text)), "e164", arguments);
}

TEST(PhoneNumberTest, AreReadInTheWaysTheyAreWritten) {
  EXPECT_EQ(phone("+91 98123-45678"), R"("+919812345678")");
  EXPECT_EQ(phone("0091 98123 45678"), R"("+919812345678")");
  EXPECT_EQ(phone("tel:+1 (212) 555.0123"), R"("+12125550123")");
  EXPECT_EQ(phone("+44 (0)20 7946 0958"), R"("+442079460958")");
  EXPECT_EQ(phone("098123 45678", "91"), R"("+919812345678")");
  EXPECT_EQ(phone("06 1234 5678", "39"), R"("+390612345678")") << "Italian numbers keep their 0";
  EXPECT_EQ(filtered("919812345678", "e164", {"91"}), R"("+919812345678")");
}

TEST(PhoneNumberTest, AreOfTheCountryThatIsGivenWhateverStandsBeforeThem) {
  EXPECT_EQ(phone("(415) 555-0123", "1"), R"("+14155550123")");
  EXPECT_EQ(phone("1 415 555 0123", "1"), R"("+14155550123")");
  EXPECT_EQ(phone("55 1234 5678", "52"), R"("+525512345678")");
  EXPECT_EQ(phone("300 123 4567", "57"), R"("+573001234567")");
  EXPECT_EQ(phone("9198765432", "91"), R"("+919198765432")") << "an Indian number that begins with 91";
  EXPECT_EQ(phone("98123 45678", "91"), R"("+919812345678")");
  EXPECT_EQ(phone("919812345678", "91"), R"("+919812345678")");
  EXPECT_EQ(phone("11 98765-4321", "55"), R"("+5511987654321")");
  EXPECT_EQ(phone("8 912 345-67-89", "7"), R"("+79123456789")");
  EXPECT_EQ(phone("4915112345678", "49"), R"("+4915112345678")");
  EXPECT_EQ(phone("+1 415 555 0123", "91"), R"("+14155550123")") << "a plus counts for more";
}

TEST(PhoneNumberTest, AreNeverInvented) {
  EXPECT_EQ(phone("098123 45678"), "null") << "national, and of which country?";
  for (const std::string_view national : {"4155550123", "5512345678", "3001234567", "9812345678", "2025550123",
                                          "13912345678", "11987654321", "919812345678"}) {
    EXPECT_EQ(phone(national), "null") << national << " may be of several countries";
  }
  EXPECT_EQ(phone("447911123456", "91"), "null") << "no number of India";
  EXPECT_EQ(phone("4930123456", "49"), "null") << "with the code of Germany, or without: both are numbers of it";
  EXPECT_EQ(phone("0111 44 20 7946", "1"), "null") << "no number of +1 begins with a 0";
  EXPECT_EQ(phone("+12"), "null");
  EXPECT_EQ(phone("+1 555 123"), "null") << "too short for its country";
  EXPECT_EQ(phone("+91 98123 4567"), "null");
  EXPECT_EQ(phone("0091 98123 456789"), "null") << "too long";
  EXPECT_EQ(phone("3f0c6d1e-8a57-4a49-9c53-1f2d3c4b5a69"), "null");
  EXPECT_EQ(phone("+919812345678x12"), "null");
  EXPECT_EQ(phone("+2109812345678"), "null") << "nobody has +210";
  EXPECT_EQ(phone("+1234567"), "null");
  EXPECT_EQ(phone("+1234567890123456"), "null");
  EXPECT_EQ(phone("+91+9812345678"), "null");
  EXPECT_EQ(phone(""), "null");
  EXPECT_EQ(phone("+"), "null");
  EXPECT_EQ(filtered("1.5", "e164"), "null");
}

TEST(FiltersTest, TakeCharactersAwayThatAFieldRefuses) {
  EXPECT_EQ(filtered(R"("Asha <3 = <b>")", "without", {"<>="}), R"("Asha 3  b")");
  EXPECT_EQ(filtered("[1]", "without", {"<"}), "null");
  EXPECT_THAT(filter_mistake("without", {"é"}), HasSubstr("ASCII"));
}

TEST(FiltersTest, WriteWhatLooksLikeMarkupWithLookAlikes) {
  EXPECT_EQ(filtered(R"("mail <john@example.com> ok")", "look_alikes"), "\"mail ‹john@example.com› ok\"");
  EXPECT_EQ(filtered(R"("&lt;b&gt; &#60; A & B https://x/?a=1&b=2;")", "look_alikes"),
            "\"＆lt;b＆gt; ＆#60; A & B https://x/?a=1&b=2;\"");
}

TEST(FiltersTest, CountBytesWithEntities) {
  EXPECT_EQ(text_length("abc", TextUnit::entity_bytes), 3U);
  EXPECT_EQ(text_length("é", TextUnit::entity_bytes), std::string("&eacute;").size());
  EXPECT_GE(text_length("<\"'&", TextUnit::entity_bytes), std::string("&lt;&quot;&#039;&amp;").size());
  EXPECT_GE(text_length("‹Σϑ…€™♥", TextUnit::entity_bytes),
            std::string("&lsaquo;&Sigma;&thetasym;&hellip;&euro;&trade;&hearts;").size());
  EXPECT_EQ(text_length("हि", TextUnit::entity_bytes), 6U) << "HTML has no entities for these";
  EXPECT_EQ(filtered(R"("éé")", "limit", {"15", "entity_bytes"}), "\"é\"");
}

TEST(FiltersTest, SayWhatIsWrongWithACall) {
  EXPECT_EQ(filter_mistake("lowr", {}), "there is no filter lowr: did you mean lower?");
  EXPECT_EQ(filter_mistake("Truncate", {}), "there is no filter Truncate: did you mean limit?");
  EXPECT_THAT(filter_mistake("frobnicate", {}), HasSubstr("there are string, lower"));
  EXPECT_THAT(filter_mistake(std::string(100'000, 'x'), {}), HasSubstr("there is no filter"));
  EXPECT_EQ(filter_mistake("lower", {"1"}), "the filter lower takes nothing, not 1 argument");
  EXPECT_THAT(filter_mistake("limit", {}), HasSubstr("a number"));
  EXPECT_THAT(filter_mistake("limit", {"-1"}), HasSubstr("not -1"));
  EXPECT_THAT(filter_mistake("limit", {"9999999999"}), HasSubstr("at most 9 digits"));
  EXPECT_THAT(filter_mistake("limit", {"9", "letters"}), HasSubstr("utf16"));
  EXPECT_THAT(filter_mistake("map", {"a"}), HasSubstr("in=incoming"));
  EXPECT_THAT(filter_mistake("e164", {"+91"}), HasSubstr("such as 91"));
  EXPECT_THAT(filter_mistake("e164", {"999"}), HasSubstr("such as 91"));
}

}  // namespace
}  // namespace elit::crm
