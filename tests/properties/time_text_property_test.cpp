// Reads instants that were written in every form, and texts that have no such form.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "core/text/time_text.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/time_model.hpp"

namespace elit::properties {
namespace {

constexpr Instant year_0_begins = from_ms(-62'167'219'200'000);
constexpr Instant year_9999_ends = from_ms(253'402'300'800'000);

TEST(TimeTextPropertyTest, ReadsEveryFormOfADateAsItsInstant) {
  for_all([](Choices& choices) {
    const Instant instant = instant_from(choices);
    const WrittenTime written = written_civil(instant, choices);
    choices.note([&] { return std::to_string(to_ms(instant)) + ": '" + written.text + "'"; });
    const std::optional<ReadInstant> read = parse_timestamp(written.text);
    EXPECT_TRUE(read.has_value());
    EXPECT_EQ(read.value_or(ReadInstant{}).instant, instant);
    EXPECT_EQ(read && read->zone_assumed, !written.names_offset);
  });
}

TEST(TimeTextPropertyTest, ReadsEveryFormOfAnEpochAsItsInstant) {
  for_all([](Choices& choices) {
    const Instant instant = std::max(instant_from(choices), from_ms(1'000'000'000'000));
    const std::string written = written_epoch(instant, choices);
    choices.note([&] { return std::to_string(to_ms(instant)) + ": '" + written + "'"; });
    EXPECT_EQ(parse_timestamp(written), (ReadInstant{instant, false}));
  });
}

TEST(TimeTextPropertyTest, WhatIsWrittenIsReadBackAndSortsAsTheInstantsDo) {
  for_all([](Choices& choices) {
    const Instant one = instant_from(choices);
    const Instant other =
        choices.chance(2) ? instant_from(choices) : std::min(one + Milliseconds{1}, year_9999_ends - Milliseconds{1});
    const std::string text = to_rfc3339(one);
    choices.note([&] { return text + " " + to_rfc3339(other); });
    EXPECT_EQ(text.size(), 24U);
    EXPECT_EQ(parse_rfc3339(text), one);
    EXPECT_EQ(parse_timestamp(text), (ReadInstant{one, false}));
    EXPECT_EQ(one < other, text < to_rfc3339(other));
    EXPECT_EQ(one == other, text == to_rfc3339(other));
    const std::string free = written_rfc3339(one, choices);
    EXPECT_EQ(parse_rfc3339(free), one) << free;
  });
}

// Makes the other two forms of an HTTP date from the first.
std::string rfc850(const std::string& fixdate, Instant instant) {
  constexpr std::array<const char*, 7> names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                             "Thursday", "Friday", "Saturday"};
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(instant)};
  return std::string(names.at(day.c_encoding())) + ", " + fixdate.substr(5, 2) + "-" + fixdate.substr(8, 3) + "-" +
         fixdate.substr(14, 2) + fixdate.substr(16);
}

std::string asctime(const std::string& fixdate) {
  std::string day = fixdate.substr(5, 2);
  day[0] = day[0] == '0' ? ' ' : day[0];
  return fixdate.substr(0, 3) + " " + fixdate.substr(8, 3) + " " + day + fixdate.substr(16, 9) + " " +
         fixdate.substr(12, 4);
}

TEST(TimeTextPropertyTest, HttpDatesAreReadBackToTheSecond) {
  for_all([](Choices& choices) {
    const Instant instant = instant_from(choices);
    const Instant second = std::chrono::floor<std::chrono::seconds>(instant);
    const std::string text = to_http_date(instant);
    choices.note([&] { return text; });
    EXPECT_EQ(parse_http_date(text), second);
    EXPECT_EQ(parse_http_date(asctime(text)), second) << asctime(text);
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(instant)};
    if (date.year() >= std::chrono::year{1970} && date.year() < std::chrono::year{2070}) {
      EXPECT_EQ(parse_http_date(rfc850(text, instant)), second) << rfc850(text, instant);
    }
  });
}

// Bytes of which some parts look like a time.
std::string almost_a_time(Choices& choices) {
  constexpr std::string_view spice = "0123456789-/:., +TZzUTCGMTeE\t\n\x80\xFF";
  std::string text;
  switch (choices.below(4)) {
    case 0:
      break;
    case 1:
      text = written_civil(instant_from(choices), choices).text;
      break;
    case 2:
      text = to_http_date(instant_from(choices));
      break;
    default:
      text = written_epoch(from_ms(choices.between(1'000'000'000'000, 999'999'999'999'999)), choices);
  }
  while (choices.more(3)) {
    const std::size_t at = choices.below(text.size() + 1);
    const std::size_t taken = choices.below(3) == 0 ? 0 : 1;
    text.replace(at, at < text.size() ? taken : 0, choices.below(3), choices.pick(spice));
  }
  return text;
}

TEST(TimeTextPropertyTest, WhateverIsReadLiesInAYearOfFourDigits) {
  for_all([](Choices& choices) {
    const std::string text = almost_a_time(choices);
    choices.note([&] { return testing::PrintToString(text); });
    const std::optional<ReadInstant> read = parse_timestamp(text);
    for (const std::optional<Instant>& instant :
         {read ? std::optional(read->instant) : std::nullopt, parse_rfc3339(text), parse_http_date(text)}) {
      if (instant) {
        EXPECT_GE(*instant, year_0_begins);
        EXPECT_LT(*instant, year_9999_ends);
        EXPECT_EQ(parse_rfc3339(to_rfc3339(*instant)), instant);
      }
    }
    const std::optional<Instant> strict = parse_rfc3339(text);
    EXPECT_TRUE(!strict || (read && read->instant == *strict && !read->zone_assumed)) << "the strict form is a form";
  });
}

TEST(TimeTextPropertyTest, ARetryAfterIsNeverNegativeNorBeyondItsLimit) {
  for_all([](Choices& choices) {
    const std::string text = almost_a_time(choices);
    const Instant now = instant_from(choices);
    choices.note([&] { return testing::PrintToString(text); });
    for (const std::optional<Milliseconds>& delay :
         {parse_retry_after(text, now), parse_retry_after(text, std::nullopt)}) {
      if (delay) {
        EXPECT_GE(*delay, Milliseconds{0});
        EXPECT_LE(*delay, retry_after_max);
      }
    }
    const Milliseconds wish{choices.between(0, 90'000'000)};
    char seconds[32];
    std::snprintf(seconds, sizeof(seconds), "%lld.%03lld", static_cast<long long>(wish.count() / 1000),
                  static_cast<long long>(wish.count() % 1000));
    EXPECT_EQ(parse_retry_after(seconds, std::nullopt), std::min(wish, retry_after_max)) << seconds;
    const Instant later =
        std::min(now + Milliseconds{choices.between(-100'000'000, 100'000'000)}, year_9999_ends - Milliseconds{1});
    if (later >= year_0_begins) {
      const Milliseconds until = std::chrono::floor<std::chrono::seconds>(later) - now;
      EXPECT_EQ(parse_retry_after(to_http_date(later), now), std::clamp(until, Milliseconds{0}, retry_after_max));
    }
  });
}

}  // namespace
}  // namespace elit::properties
