#include "config/presets/time_zones.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elit::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

Instant at(int year, unsigned month, unsigned day) {
  return std::chrono::time_point_cast<Milliseconds>(
      sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)});
}

Milliseconds offset_in(const std::string& zone, Instant instant) {
  return find_time_zone(zone).value().offset_at(instant);
}

TEST(TimeZonesTest, AreReadFromTheSystem) {
  EXPECT_EQ(offset_in("Europe/Berlin", at(2026, 1, 1)), minutes{60});
  EXPECT_EQ(offset_in("Europe/Berlin", at(2026, 7, 1)), minutes{120});
  EXPECT_EQ(offset_in("Asia/Kolkata", at(2026, 7, 1)), minutes{330});
  EXPECT_EQ(offset_in("Asia/Kolkata", at(1941, 1, 1)), minutes{330});
  EXPECT_EQ(offset_in("Asia/Kolkata", at(1943, 1, 1)), minutes{390});
  EXPECT_EQ(offset_in("Asia/Calcutta", at(2026, 7, 1)), minutes{330});
}

TEST(TimeZonesTest, KnowUtc) {
  EXPECT_EQ(find_time_zone("UTC"), TimeZone());
}

TEST(TimeZonesTest, AreNamedWithTheirArea) {
  const std::vector<std::string> names = time_zone_names();
  EXPECT_THAT(names, testing::IsSupersetOf({"Asia/Kolkata", "America/Argentina/Salta", "Etc/UTC"}));
  EXPECT_THAT(names, testing::Not(testing::Contains("EST5EDT")));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST(TimeZonesTest, AreNoPaths) {
  EXPECT_FALSE(find_time_zone("../zoneinfo/Europe/Berlin"));
  EXPECT_FALSE(find_time_zone("/usr/share/zoneinfo/Europe/Berlin"));
  EXPECT_FALSE(find_time_zone("europe/berlin"));
  EXPECT_FALSE(find_time_zone(""));
}

// The instants before and at which the clocks change.
struct ZoneChange {
  const char* zone;
  Instant at;
  minutes before;
  minutes after;
};

TEST(TimeZonesTest, KeepTheirRulesAfterTheEndOfTheSystemsTables) {
  const std::vector<ZoneChange> changes{
      {"Europe/Berlin", at(2037, 10, 25) + hours{1}, minutes{120}, minutes{60}},       // the last one in the tables
      {"Europe/Berlin", at(2038, 3, 28) + hours{1}, minutes{60}, minutes{120}},        // the last Sunday of March
      {"Europe/Berlin", at(2090, 10, 29) + hours{1}, minutes{120}, minutes{60}},       // the last Sunday of October
      {"America/New_York", at(2060, 3, 14) + hours{7}, minutes{-300}, minutes{-240}},  // the second Sunday of March
      {"America/New_York", at(2100, 11, 7) + hours{6}, minutes{-240}, minutes{-300}},  // the first Sunday of November
      {"Australia/Sydney", at(2050, 4, 2) + hours{16}, minutes{660}, minutes{600}},    // Sunday the 3rd, 3:00
      {"Asia/Kolkata", at(2050, 4, 3), minutes{330}, minutes{330}},
  };
  for (const ZoneChange& change : changes) {
    EXPECT_EQ(offset_in(change.zone, change.at - Milliseconds{1}), change.before) << change.zone;
    EXPECT_EQ(offset_in(change.zone, change.at), change.after) << change.zone;
  }
}

}  // namespace
}  // namespace elit::config
