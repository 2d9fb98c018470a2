#include "core/text/time_zone.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "core/text/time_text.hpp"

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Instant at(std::string_view text) {
  return parse_rfc3339(text).value();
}

std::string day(const TimeZone& zone, std::string_view text) {
  return zone.day_of(at(text)).name;
}

// Berlin in 2026.
TimeZone berlin() {
  return TimeZone({{at("2025-10-26T01:00:00Z"), hours{1}},
                   {at("2026-03-29T01:00:00Z"), hours{2}},
                   {at("2026-10-25T01:00:00Z"), hours{1}}});
}

TEST(TimeZoneTest, AreUtcUnlessToldOtherwise) {
  const TimeZone utc;
  EXPECT_EQ(utc.offset_at(at("2026-01-31T09:15:02Z")), Milliseconds{0});
  EXPECT_EQ(utc.day_of(at("2026-01-31T23:59:59.999Z")),
            (CalendarDay{"2026-01-31", at("2026-01-31T00:00:00Z"), at("2026-02-01T00:00:00Z")}));
  EXPECT_EQ(day(utc, "2026-02-01T00:00:00Z"), "2026-02-01");
}

TEST(TimeZoneTest, KnowTheOffsetOfEachInstant) {
  const TimeZone zone = berlin();
  EXPECT_EQ(zone.offset_at(at("2001-01-01T00:00:00Z")), hours{1}) << "before the first change its offset holds";
  EXPECT_EQ(zone.offset_at(at("2026-03-29T00:59:59.999Z")), hours{1});
  EXPECT_EQ(zone.offset_at(at("2026-03-29T01:00:00Z")), hours{2});
  EXPECT_EQ(zone.offset_at(at("2030-01-01T00:00:00Z")), hours{1});
}

TEST(TimeZoneTest, BeginDaysAtTheirOwnMidnight) {
  const TimeZone india({{Instant{}, minutes{330}}});
  EXPECT_EQ(india.day_of(at("2026-01-31T18:30:00Z")),
            (CalendarDay{"2026-02-01", at("2026-01-31T18:30:00Z"), at("2026-02-01T18:30:00Z")}));
  EXPECT_EQ(day(india, "2026-01-31T18:29:59.999Z"), "2026-01-31");
  const TimeZone honolulu({{Instant{}, -hours{10}}});
  EXPECT_EQ(day(honolulu, "2026-02-01T09:59:59Z"), "2026-01-31");
  EXPECT_EQ(day(honolulu, "1969-12-31T09:59:59Z"), "1969-12-30");
}

TEST(TimeZoneTest, HaveDaysOf23And25Hours) {
  const CalendarDay spring = berlin().day_of(at("2026-03-29T12:00:00Z"));
  EXPECT_EQ(spring.to - spring.from, hours{23});
  const CalendarDay autumn = berlin().day_of(at("2026-10-25T12:00:00Z"));
  EXPECT_EQ(autumn.to - autumn.from, hours{25});
  EXPECT_EQ(autumn.name, "2026-10-25");
}

TEST(TimeZoneTest, BeginADayAfterAGapAtMidnight) {
  // Clocks go from 23:59 to 01:00, as in Beirut or Cairo.
  const TimeZone zone({{Instant{}, hours{2}}, {at("2026-03-28T22:00:00Z"), hours{3}}});
  EXPECT_EQ(zone.day_of(at("2026-03-28T22:00:00Z")),
            (CalendarDay{"2026-03-29", at("2026-03-28T22:00:00Z"), at("2026-03-29T21:00:00Z")}));
  EXPECT_EQ(day(zone, "2026-03-28T21:59:59Z"), "2026-03-28");
}

TEST(TimeZoneTest, BeginADayOnceWhereMidnightComesTwice) {
  // At 24:00 clocks go back to 23:00, as they did in Havana or Asuncion.
  const TimeZone zone({{Instant{}, -hours{3}}, {at("2026-03-22T03:00:00Z"), -hours{4}}});
  EXPECT_EQ(day(zone, "2026-03-22T02:59:59Z"), "2026-03-21");
  EXPECT_EQ(day(zone, "2026-03-22T03:30:00Z"), "2026-03-21") << "23:30 for the second time";
  EXPECT_EQ(day(zone, "2026-03-22T04:00:00Z"), "2026-03-22");
  // At 00:01 clocks go back to 23:01: the day has begun.
  const TimeZone late({{Instant{}, -hours{3}}, {at("2026-03-22T03:01:00Z"), -hours{4}}});
  EXPECT_EQ(day(late, "2026-03-22T03:00:30Z"), "2026-03-22");
  EXPECT_EQ(day(late, "2026-03-22T03:30:00Z"), "2026-03-22");
  EXPECT_EQ(late.day_of(at("2026-03-22T03:30:00Z")).from, at("2026-03-22T03:00:00Z"));
}

TEST(TimeZoneTest, MaySkipADay) {
  // Samoa had no 30 December 2011.
  const TimeZone zone({{Instant{}, -hours{10}}, {at("2011-12-30T10:00:00Z"), hours{14}}});
  EXPECT_EQ(day(zone, "2011-12-30T09:59:59Z"), "2011-12-29");
  EXPECT_EQ(day(zone, "2011-12-30T10:00:00Z"), "2011-12-31");
  EXPECT_EQ(zone.day_of(at("2011-12-30T09:59:59Z")).to, at("2011-12-30T10:00:00Z"));
}

TEST(TimeZoneTest, HaveDaysWithoutGapsOrOverlaps) {
  for (const TimeZone& zone : {berlin(), TimeZone({{Instant{}, -hours{10}}, {at("2026-01-30T10:00:00Z"), hours{14}}}),
                               TimeZone({{Instant{}, -hours{3}}, {at("2026-03-22T03:01:00Z"), -hours{4}}})}) {
    CalendarDay today = zone.day_of(at("2025-12-31T00:00:00Z"));
    while (today.to < at("2026-12-31T00:00:00Z")) {
      const CalendarDay next = zone.day_of(today.to);
      EXPECT_EQ(next.from, today.to);
      EXPECT_LT(today.name, next.name);
      EXPECT_EQ(zone.day_of(next.to - Milliseconds{1}), next);
      today = next;
    }
  }
}

}  // namespace
}  // namespace elit
