#include "core/text/time_text.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

constexpr std::int64_t sample_ms = 1'769'850'902'345;  // 2026-01-31T09:15:02.345Z

std::int64_t read_ms(std::string_view text) {
  const std::optional<ReadInstant> read = parse_timestamp(text);
  return read ? to_ms(read->instant) : -1;
}

TEST(TimeTextTest, ReadsTheVendorsOwnForm) {
  const std::optional<ReadInstant> read = parse_timestamp("2026/01/31 09:15:02.345+0000");
  ASSERT_TRUE(read);
  EXPECT_EQ(to_ms(read->instant), sample_ms);
  EXPECT_FALSE(read->zone_assumed);
}

TEST(TimeTextTest, ReadsEveryWayToWriteOneInstant) {
  for (const std::string_view text :
       {"2026-01-31 09:15:02.345+0000", "2026/01/31T09:15:02.345Z", "2026-01-31T09:15:02.345z",
        "2026-01-31t09:15:02.345Z", "2026-01-31T09:15:02.345000000Z", "2026-01-31T09:15:02.3459Z",
        "2026-01-31T09:15:02,345Z", "2026-01-31T14:45:02.345+0530", "2026-01-31T14:45:02.345+05:30",
        "2026-01-31T04:15:02.345-05", "2026-01-31 09:15:02.345 +0000", "2026-01-31 09:15:02.345 UTC",
        " 2026/01/31 09:15:02.345+0000\n", "1769850902345", "1769850902345.9", "1769850902.345", "1.769850902345e12",
        "1.769850902345E9", "1769850902345e0"}) {
    EXPECT_EQ(read_ms(text), sample_ms) << text;
  }
}

TEST(TimeTextTest, TakesZeroToNineDigitsOfFraction) {
  EXPECT_EQ(read_ms("2026-01-31T09:15:02Z"), sample_ms - 345);
  EXPECT_EQ(read_ms("2026-01-31T09:15:02.Z"), sample_ms - 345);
  EXPECT_EQ(read_ms("2026-01-31T09:15:02.3Z"), sample_ms - 45);
  EXPECT_EQ(read_ms("2026-01-31T09:15:02.34Z"), sample_ms - 5);
  EXPECT_EQ(read_ms("2026-01-31T09:15:02.345999999Z"), sample_ms);
  EXPECT_EQ(read_ms("2026-01-31T09:15:02.3459999999Z"), -1);
}

TEST(TimeTextTest, AssumesUtcAndSaysSo) {
  const std::optional<ReadInstant> read = parse_timestamp("2026/01/31 09:15:02.345");
  ASSERT_TRUE(read);
  EXPECT_EQ(to_ms(read->instant), sample_ms);
  EXPECT_TRUE(read->zone_assumed);
}

TEST(TimeTextTest, TellsSecondsFromMilliseconds) {
  EXPECT_EQ(read_ms("1000000000"), 1'000'000'000'000);
  EXPECT_EQ(read_ms("99999999999"), 99'999'999'999'000);
  EXPECT_EQ(read_ms("1000000000000"), 1'000'000'000'000);
  EXPECT_EQ(read_ms("253402300799999"), 253'402'300'799'999);
  for (const std::string_view text :
       {"999999999", "0", "-1769850902345", "100000000000", "999999999999", "253402300800000", "1769850902345000",
        "1769850902345000000", "1e400", "1e99999999999999999999", "1e-3"}) {
    EXPECT_EQ(read_ms(text), -1) << text;
  }
}

TEST(TimeTextTest, TakesALeapSecondForTheLastInstantOfItsMinute) {
  EXPECT_EQ(read_ms("2016-12-31T23:59:60Z"), read_ms("2016-12-31T23:59:59.999Z"));
  EXPECT_EQ(read_ms("2016-12-31T23:59:60.500Z"), read_ms("2016-12-31T23:59:59.999Z"));
  EXPECT_EQ(read_ms("2016-12-31T23:59:61Z"), -1);
}

TEST(TimeTextTest, RefusesWhatIsNoInstant) {
  for (const std::string_view text : {"",
                                      " ",
                                      "null",
                                      "yesterday",
                                      "2026/02/29 00:00:00+0000",
                                      "2026/13/01 00:00:00Z",
                                      "2026/00/10 00:00:00Z",
                                      "2026/01/00 00:00:00Z",
                                      "2026/01/31 24:00:00Z",
                                      "2026/01/31 09:60:00Z",
                                      "2026/01-31 09:15:02Z",
                                      "2026/01/31",
                                      "2026/1/31 09:15:02Z",
                                      "2026/01/31 09:15:02+2400",
                                      "2026/01/31 09:15:02+0060",
                                      "2026/01/31 09:15:02+5",
                                      "2026/01/31 09:15:02Zjunk",
                                      "2026/01/31 09:15:02+0000 ago",
                                      "31/01/2026 09:15:02",
                                      "NaN",
                                      "Infinity",
                                      "0x5f5e100",
                                      "1769850902345ms",
                                      "17698 50902345",
                                      "\xD9\xA2\xD9\xA0"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
  EXPECT_TRUE(parse_timestamp("2024/02/29 00:00:00+0000"));
}

TEST(TimeTextTest, RefusesAnInstantThatItsOffsetMovesOutOfTheYears0To9999) {
  EXPECT_FALSE(parse_timestamp("0000-01-01 00:00+23:59"));
  EXPECT_FALSE(parse_timestamp("9999/12/31 23:59:59.999-0001"));
  EXPECT_FALSE(parse_rfc3339("0000-01-01T00:00:00+00:01"));
  EXPECT_FALSE(parse_rfc3339("9999-12-31T23:59:59-00:01"));
  for (const char* text : {"0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
    EXPECT_EQ(to_rfc3339(parse_rfc3339(text).value()), text);
  }
  EXPECT_EQ(to_rfc3339(parse_rfc3339("9999-12-31T23:59:59+23:59").value()), "9999-12-31T00:00:59.000Z");
}

TEST(TimeTextTest, SurvivesTextsOfAnyLength) {
  EXPECT_FALSE(parse_timestamp(std::string(1'000'000, '9')));
  EXPECT_FALSE(parse_timestamp(std::string(1'000'000, '0')));
  EXPECT_FALSE(parse_timestamp("2026-01-31T09:15:02." + std::string(1'000'000, '1') + "Z"));
}

TEST(TimeTextTest, WritesAndReadsRfc3339) {
  EXPECT_EQ(to_rfc3339(from_ms(sample_ms)), "2026-01-31T09:15:02.345Z");
  EXPECT_EQ(to_rfc3339(from_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_ms(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_rfc3339("2026-01-31T09:15:02.345Z"), from_ms(sample_ms));
  EXPECT_EQ(parse_rfc3339("2026-01-31T10:15:02.345+01:00"), from_ms(sample_ms));
  for (const std::string_view text : {"2026-01-31T09:15:02", "2026/01/31T09:15:02Z", "2026-01-31T09:15Z", "2026-01-31",
                                      "1769850902345", " 2026-01-31T09:15:02Z", "2026-01-31T09:15:02.Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(TimeTextTest, WritesHttpDatesInWholeSeconds) {
  EXPECT_EQ(to_http_date(from_ms(sample_ms)), "Sat, 31 Jan 2026 09:15:02 GMT");
  EXPECT_EQ(to_http_date(from_ms(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(TimeTextTest, ReadsTheThreeFormsOfAnHttpDate) {
  const Instant expected = from_ms(784'111'777'000);
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:01 GMT"), from_ms(1'000));
  EXPECT_EQ(parse_http_date("Tuesday, 01-Jan-69 00:00:00 GMT"), parse_http_date("Tue, 01 Jan 2069 00:00:00 GMT"));
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994"), from_ms(784'975'777'000));
  EXPECT_EQ(parse_http_date("Saturday, 31-Jan-26 09:15:02 GMT"), from_ms(sample_ms - 345));
  for (const std::string_view text :
       {"", "Sun", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x",
        "06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(RetryAfterTest, IsReadAsSecondsOrDate) {
  const Instant now = from_ms(784'111'777'000);
  EXPECT_EQ(parse_retry_after("120", now), Milliseconds{120'000});
  EXPECT_EQ(parse_retry_after(" 1.5 ", now), Milliseconds{1'500});
  EXPECT_EQ(parse_retry_after("0", now), Milliseconds{0});
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), Milliseconds{30'000});
  EXPECT_EQ(parse_retry_after("120", std::nullopt), Milliseconds{120'000});
}

TEST(RetryAfterTest, IsNeverNegativeAndNeverMoreThanADay) {
  const Instant now = from_ms(784'111'777'000);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Milliseconds{0});
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:00:00 GMT", now), retry_after_max);
  EXPECT_EQ(parse_retry_after("86401", now), retry_after_max);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), retry_after_max);
}

TEST(RetryAfterTest, IsAbsentWhenItMakesNoSense) {
  const Instant now = from_ms(784'111'777'000);
  for (const std::string_view text : {"", "-5", "soon", "12 s", "1,5", "NaN"}) {
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
  }
  EXPECT_FALSE(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", std::nullopt));
}

}  // namespace
}  // namespace elit
