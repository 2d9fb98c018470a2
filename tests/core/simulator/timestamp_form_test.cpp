#include "core/simulator/timestamp_form.hpp"

#include <gtest/gtest.h>

#include <set>

namespace elit::simulator {
namespace {

constexpr Instant instant = from_ms(1'769'850'902'345);  // 2026-01-31T09:15:02.345Z

TEST(TimestampFormTest, WritesEveryFormOfTheTable) {
  const std::vector<std::pair<TimestampForm, std::string>> forms{
      {TimestampForm::slashes, "\"2026/01/31 09:15:02.345+0000\""},
      {TimestampForm::dashes, "\"2026-01-31 09:15:02.345+0000\""},
      {TimestampForm::iso, "\"2026-01-31T09:15:02.345Z\""},
      {TimestampForm::iso_offset, "\"2026-01-31T14:45:02.345+05:30\""},
      {TimestampForm::basic_offset, "\"2026/01/31 04:15:02.345-0500\""},
      {TimestampForm::no_zone, "\"2026-01-31 09:15:02.345\""},
      {TimestampForm::nanoseconds, "\"2026-01-31T09:15:02.345000000Z\""},
      {TimestampForm::whole_seconds, "\"2026/01/31 09:15:02+0000\""},
      {TimestampForm::epoch_ms, "1769850902345"},
      {TimestampForm::epoch_ms_text, "\"1769850902345\""},
      {TimestampForm::epoch_seconds, "1769850902"},
      {TimestampForm::epoch_seconds_text, "\"1769850902\""},
      {TimestampForm::unreadable, "\"31 janvier 2026 vers 09h15m02s345\""}};
  for (const auto& [form, text] : forms) {
    EXPECT_EQ(timestamp_json(form, instant, 1), text);
  }
}

TEST(TimestampFormTest, SaysWhatAReaderCanKnow) {
  EXPECT_EQ(readable_instant(TimestampForm::iso_offset, instant, 1), instant);
  EXPECT_EQ(readable_instant(TimestampForm::epoch_seconds, instant, 1), instant - Milliseconds{345});
  EXPECT_EQ(readable_instant(TimestampForm::unreadable, instant, 1), std::nullopt);
}

TEST(TimestampFormTest, MixesAllReadableForms) {
  std::set<std::string> texts;
  for (std::uint64_t number = 0; number < 100; ++number) {
    texts.insert(timestamp_json(TimestampForm::mixed, instant, number));
    EXPECT_TRUE(readable_instant(TimestampForm::mixed, instant, number).has_value());
  }
  EXPECT_EQ(texts.size(), 12U);
}

TEST(TimestampFormTest, IsUnreadableForEverySeventhRowOnly) {
  EXPECT_EQ(readable_instant(TimestampForm::sometimes_unreadable, instant, 14), std::nullopt);
  EXPECT_EQ(readable_instant(TimestampForm::sometimes_unreadable, instant, 15), instant);
}

TEST(TimestampFormTest, HasANameForEachForm) {
  EXPECT_EQ(timestamp_form_names().size(), static_cast<std::size_t>(TimestampForm::unreadable) + 1);
  EXPECT_EQ(timestamp_form_names().back(), "unreadable");
}

}  // namespace
}  // namespace elit::simulator
