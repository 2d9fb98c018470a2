#include "config/presets/time_zones.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/presets/zone_rule.hpp"

namespace elit::config {
namespace {

using std::chrono::minutes;
using std::chrono::sys_days;

Instant at(int year, unsigned month, unsigned day) {
  return std::chrono::time_point_cast<Milliseconds>(
      sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)});
}

// A zone file without transitions but for the rule at its end.
std::string zone_file(const std::string& rule, int offset_seconds) {
  const auto block = [&] {
    std::string text = "TZif2" + std::string(15, '\0') + std::string(12, '\0') + std::string(4, '\0');
    text += std::string("\0\0\0\1", 4) + std::string("\0\0\0\4", 4);
    for (int shift = 24; shift >= 0; shift -= 8) {
      text += static_cast<char>((static_cast<unsigned>(offset_seconds) >> static_cast<unsigned>(shift)) & 0xFFU);
    }
    return text + std::string("\0\0ABC\0", 6);
  };
  return block() + block() + "\n" + rule + "\n";
}

TEST(TimeZones, AreReadFromTheSystem) {
  const auto berlin = find_time_zone("Europe/Berlin");
  if (!berlin) {
    GTEST_SKIP() << "needs the package tzdata";
  }
  EXPECT_EQ(berlin->offset_at(at(2026, 1, 1)), minutes{60});
  EXPECT_EQ(berlin->offset_at(at(2026, 7, 1)), minutes{120});
  EXPECT_EQ(berlin->offset_at(at(2090, 7, 1)), minutes{120});
  EXPECT_EQ(find_time_zone("Asia/Kolkata")->offset_at(at(2026, 7, 1)), minutes{330});
  EXPECT_THAT(time_zone_names(), testing::Contains("Asia/Kolkata"));
}

TEST(TimeZones, NeedNoFilesForUtc) {
  EXPECT_TRUE(find_time_zone("UTC", "/nowhere"));
  EXPECT_FALSE(find_time_zone("Europe/Berlin", "/nowhere"));
  EXPECT_TRUE(time_zone_names("/nowhere").empty());
}

TEST(TimeZones, DoNotLeaveTheirDirectory) {
  EXPECT_FALSE(find_time_zone("../zoneinfo/Europe/Berlin"));
  EXPECT_FALSE(find_time_zone("/usr/share/zoneinfo/Europe/Berlin"));
  EXPECT_FALSE(find_time_zone(""));
}

TEST(TimeZones, GoOnByTheRuleOfTheirFile) {
  const auto zone = read_zone_file(zone_file("XST5XDT,M3.2.0,M11.1.0", -5 * 3600));
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->offset_at(at(2050, 1, 1)), minutes{-300});
  EXPECT_EQ(zone->offset_at(at(2050, 7, 1)), minutes{-240});
  EXPECT_EQ(read_zone_file(zone_file("<+0530>-5:30", 19'800))->offset_at(at(2026, 1, 1)), minutes{330});
}

TEST(TimeZones, AreReadFromWholeFilesOnly) {
  const std::string sound = zone_file("XST5XDT,M3.2.0,M11.1.0", -5 * 3600);
  for (std::size_t length = 0; length < sound.size(); ++length) {
    EXPECT_FALSE(read_zone_file(std::string_view(sound).substr(0, length))) << length;
  }
  for (std::size_t index = 0; index < sound.size(); ++index) {
    std::string damaged = sound;
    damaged[index] = '\xFF';
    (void)read_zone_file(damaged);
  }
}

TEST(ZoneRule, KnowsEveryFormOfADay) {
  using Change = TimeZone::Change;
  const auto changes = changes_of_rule("AAA0BBB-1,J60/0,59/0", 2024, 2024);
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, testing::ElementsAre(Change{at(2024, 2, 29) - minutes{60}, minutes{0}},
                                             Change{at(2024, 3, 1), minutes{60}}));
  for (const char* bad : {"", "AAA", "AAA0BBB", "AAA0BBB,M13.1.0,M1.1.0", "AAA0BBB,J0,J1", "AAA99", "AAA0BBB,M3.2.0",
                          "AAA0BBB,M3.2.0,M11.1.0x", "<AAA0"}) {
    EXPECT_FALSE(changes_of_rule(bad, 2024, 2025)) << bad;
  }
}

}  // namespace
}  // namespace elit::config
