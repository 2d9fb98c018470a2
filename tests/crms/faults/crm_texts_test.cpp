#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>

#include "core/text/utf8.hpp"
#include "tests/crms/faults/delivery_rig.hpp"
#include "tests/crms/faults/record_text.hpp"
#include "tests/crms/rig.hpp"

// Long and unusual texts, and days that grow.
namespace elit::crm::faults {
namespace {

using simulator::CrmRecord;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant morning = from_ms(1'769'817'600'000);  // 2026-01-31T00:00:00Z

class CrmTextsTest : public testing::TestWithParam<Case> {
 protected:
  static bool by_day() { return GetParam().unit == DeliveryUnit::day; }
  // Units of UTF-16 that one record may have; 0: no limit.
  static std::size_t limit() {
    const std::string preset = GetParam().crm.preset;
    return preset == "hubspot" ? 65'536 : preset == "salesforce" ? 131'072 : preset == "zoho" ? 32'000 : 0;
  }
  static std::size_t utf16_units(const std::string& text) {
    std::size_t units = 0;
    for (const char each : text) {
      const auto byte = static_cast<unsigned char>(each);
      units += (byte & 0xC0U) == 0x80U ? 0 : byte >= 0xF0U ? 2 : 1;
    }
    return units;
  }
  static std::size_t count_in(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) {
      ++count;
    }
    return count;
  }
  static std::string all_texts(DeliveryRig& rig) {
    std::string all;
    for (const CrmRecord* record : rig.activities()) {
      all += rig.text_of(*record);
      EXPECT_EQ(record->linked.size(), 1U);
      EXPECT_TRUE(limit() == 0 || utf16_units(rig.text_of(*record)) <= limit());
    }
    EXPECT_TRUE(is_utf8(all));
    EXPECT_EQ(count_in(all, "\xEF\xBF\xBD"), 0U) << "a character was cut";
    return all;
  }
};

TEST_P(CrmTextsTest, KeepsWhatPeopleWriteAndRunsNothingOfIt) {
  DeliveryRig rig(GetParam());
  const std::string strange =
      rig::nasty_text() + "<script>alert(1)</script> &amp; \xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7";
  rig.say("u1", strange);
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  ASSERT_EQ(rig.activities().size(), 1U);
  const std::string shown = rig.text_of(*rig.activities().front());
  std::istringstream lines(as_kept(strange));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_NE(shown.find(line), std::string::npos) << line << "\nin\n" << shown;
  }
  EXPECT_EQ(shown.find('\0'), std::string::npos);
  EXPECT_EQ(shown.find("<?>"), std::string::npos) << "a tag came through";
}

TEST_P(CrmTextsTest, CutsWhatIsTooLongBetweenCharacters) {
  constexpr std::size_t characters = 70'000;
  DeliveryRig rig(GetParam());
  std::string emoji;
  for (std::size_t i = 0; i < characters; ++i) {
    emoji += "\xF0\x9F\x98\x80";
  }
  rig.say("u1", emoji);
  rig.say("u1", "x" + emoji);
  rig.say("u2", "short");
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  EXPECT_EQ(rig.in_state("delivered").size(), 3U);
  EXPECT_EQ(count_in(all_texts(rig), "\xF0\x9F\x98\x80"), 2 * characters);
  EXPECT_EQ(rig.contacts().size(), 2U);
  rig.expect_good_manners();
}

TEST_P(CrmTextsTest, GrowsTheRecordsOfADay) {
  DeliveryRig rig(GetParam());
  rig.start();
  for (int i = 0; i < 6; ++i) {
    rig.say("u" + std::to_string(i % 2), "more");
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    rig.expect_all_there();
  }
  for (const CrmRecord* record : rig.activities()) {
    EXPECT_LE(record->writes, by_day() ? 6 : 1);
  }
  for (const CrmRecord* contact : rig.contacts()) {
    EXPECT_EQ(contact->writes, 1);
  }
}

TEST_P(CrmTextsTest, TakesInWhatComesLateIntoAFullDay) {
  DeliveryRig rig(GetParam());
  rig.start();
  for (int i = 0; i < 16; ++i) {
    rig.say("u1", std::string(9'000, 'y') + " part", morning + hours{8} + minutes{i});
  }
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  const std::size_t parts = rig.activities().size();
  rig.say("u1", "late for the first part", morning + hours{7});
  rig.say("u1", std::string(9'000, 'z') + " late", morning + hours{8} + seconds{30});
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  EXPECT_GE(rig.activities().size(), parts);
  const std::string all = all_texts(rig);
  for (const Said& said : rig.said()) {
    EXPECT_EQ(count_in(all, said.text.substr(said.text.find("(words"))), 1U) << said.text.substr(0, 30);
  }
  EXPECT_EQ(rig.in_state("delivered").size(), 18U);
  rig.expect_good_manners();
}

TEST_P(CrmTextsTest, EndsDaysWhereTheirTimeZoneDoes) {
  DeliveryRig rig(GetParam(), {.sink_lines = "    timezone: Asia/Kolkata\n"});
  rig.say("u1", "before midnight", morning + hours{18} + minutes{29} - hours{24});
  rig.say("u1", "at midnight", morning + hours{18} + minutes{30} - hours{24});
  rig.say("u1", "in the evening", morning + hours{8});
  rig.start();
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  const auto records = rig.activities();
  ASSERT_EQ(records.size(), by_day() ? 2U : 3U);
  EXPECT_NE(rig.text_of(*records[0]).find("before midnight"), std::string::npos);
  EXPECT_NE(rig.text_of(*records[1]).find("at midnight"), std::string::npos);
  if (by_day()) {
    EXPECT_NE(rig.text_of(*records[1]).find("in the evening"), std::string::npos);
  }
}

// The answer to a growing day is lost, and the day grows before the request is repeated.
TEST_P(CrmTextsTest, GrowsADayWhoseAnswerWasLost) {
  DeliveryRig rig(GetParam());
  rig.start();
  rig.say_some(2, 2);
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  int lost = 0;
  rig.wire = [&](const HttpRequest& request, int, const DeliveryRig::CarryOut& carry_out) {
    return request.method != "GET" && lost++ < 3 ? lost_answer(carry_out) : carry_out();
  };
  rig.say_some(2, 1);
  rig.pass(seconds{2});
  rig.say_some(2, 2);
  ASSERT_TRUE(rig.settle()) << rig.summary().reason;
  rig.expect_all_there();
}

INSTANTIATE_TEST_SUITE_P(, CrmTextsTest, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace elit::crm::faults
