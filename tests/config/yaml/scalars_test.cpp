#include "config/yaml/scalars.hpp"

#include <gtest/gtest.h>

#include "config/options/option_kinds.hpp"
#include "tests/config/configurations.hpp"

namespace elit::config {
namespace {

template <class T>
std::optional<T> value_in(const Reading<T>& reading) {
  const T* value = std::get_if<T>(&reading);
  return value == nullptr ? std::nullopt : std::optional<T>(*value);
}

TEST(ScalarsTest, DurationsAreWrittenInEachUnit) {
  EXPECT_EQ(value_in(read_duration("500ms")), Milliseconds{500});
  EXPECT_EQ(value_in(read_duration("90s")), Milliseconds{90'000});
  EXPECT_EQ(value_in(read_duration("2m")), Milliseconds{120'000});
  EXPECT_EQ(value_in(read_duration("1h")), Milliseconds{3'600'000});
  EXPECT_EQ(value_in(read_duration("7d")), Milliseconds{604'800'000});
  EXPECT_EQ(value_in(read_duration("0")), Milliseconds{0});
}

TEST(ScalarsTest, DurationsOverflowAtTheLargestNumberOnly) {
  EXPECT_TRUE(value_in(read_duration("9223372036854775807ms")));
  EXPECT_FALSE(value_in(read_duration("9223372036854775808ms")));
  EXPECT_FALSE(value_in(read_duration("9223372036854776s")));
}

TEST(ScalarsTest, DurationsRefuseWhatHasNoOneUnit) {
  for (const char* text : {"", "s", " 5s", "5 s", "5s ", "+5s", "5S", "1h30m", "0.5s", "five", "00"}) {
    EXPECT_FALSE(value_in(read_duration(text))) << text;
  }
}

TEST(ScalarsTest, DurationsAreShownInTheLargestUnitThatFits) {
  for (const char* text : {"500ms", "90s", "2m", "1h", "7d", "1500ms"}) {
    EXPECT_EQ(duration_text(value_in(read_duration(text)).value()), text);
  }
}

TEST(ScalarsTest, SizesAreWrittenInEachUnit) {
  EXPECT_EQ(value_in(read_size("512B")), 512);
  EXPECT_EQ(value_in(read_size("64KiB")), 65'536);
  EXPECT_EQ(value_in(read_size("8MiB")), 8'388'608);
  EXPECT_EQ(value_in(read_size("1GiB")), 1'073'741'824);
  EXPECT_FALSE(value_in(read_size("8")));
  EXPECT_FALSE(value_in(read_size("8589934592GiB")));
}

TEST(ScalarsTest, InstantsAreReadToTheMillisecond) {
  EXPECT_EQ(value_in(read_instant("2026-01-01T00:00:00Z", test_now)), Instant{Milliseconds{1'767'225'600'000}});
  EXPECT_EQ(value_in(read_instant("2026-01-01T00:00:00.25+00:00", test_now)), Instant{Milliseconds{1'767'225'600'250}});
  EXPECT_EQ(value_in(read_instant("2026-01-01T00:00:00.123456789Z", test_now)),
            Instant{Milliseconds{1'767'225'600'123}});
  EXPECT_TRUE(value_in(read_instant("2024-02-29T23:59:59Z", test_now)));
}

TEST(ScalarsTest, InstantsRefuseWhatIsInNoCalendar) {
  for (const char* text :
       {"2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00ZZ", "1969-12-31T23:59:59Z", "2026-01-01T00:00Z", "2026-1-1T00:00:00Z"}) {
    EXPECT_FALSE(value_in(read_instant(text, test_now))) << text;
  }
}

TEST(ScalarsTest, InstantsMayLieADayAheadForAClockThatIsWrong) {
  EXPECT_TRUE(value_in(read_instant("2026-06-01T23:00:00Z", test_now)));
  EXPECT_FALSE(value_in(read_instant("2026-06-02T00:00:01Z", test_now)));
}

TEST(ScalarsTest, InstantsAreShownAsTheyAreRead) {
  for (const char* text : {"2026-01-01T00:00:00Z", "2026-01-31T09:15:02.345Z"}) {
    EXPECT_EQ(InstantOption::write(value_in(read_instant(text, test_now)).value()), text);
  }
}

TEST(ScalarsTest, UnquotedTextNeedsQuotesWhereReadersOfYamlWouldChangeIt) {
  for (const char* text :
       {"0042", "00",   "+5",    "1e5",      "1E5",  "6250902e4838", "0x1F", "0o17",  "0b11",
        "1.0",  ".5",   "1_000", "12:30:45", ".inf", ".nan",         "True", "FALSE", "1234567890123456789",
        "-0",   "-0x1F"}) {
    EXPECT_TRUE(needs_quotes(text, false)) << text;
  }
}

TEST(ScalarsTest, UnquotedTextNeedsNoQuotesWhereItIsTheSameEitherWay) {
  for (const char* text : {"4660", "0", "-5", "6bc26c50902b4838", "en", "user.language", "true", "false", "1.2.3",
                           "0xyz", "a1e5", "2026-01-01", "123456789012345678", "-", "+"}) {
    EXPECT_FALSE(needs_quotes(text, false)) << text;
  }
}

}  // namespace
}  // namespace elit::config
