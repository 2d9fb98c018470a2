#include "core/simulator/timestamp_form.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace elit::simulator {
namespace {

struct Fields {
  int year;
  unsigned month;
  unsigned day;
  int hour;
  int minute;
  int second;
  int millisecond;
};

Fields fields_of(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<Milliseconds> time{instant - day};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count())};
}

// The date and time of `instant` with these characters between the parts, without fraction and zone.
std::string clock_text(Instant instant, char date_separator, char middle) {
  const Fields f = fields_of(instant);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d%c%02u%c%02u%c%02d:%02d:%02d", f.year, date_separator, f.month,
                date_separator, f.day, middle, f.hour, f.minute, f.second);
  return buffer.data();
}

std::string fraction_text(Instant instant) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), ".%03d", fields_of(instant).millisecond);
  return buffer.data();
}

std::string unreadable_text(Instant instant) {
  static constexpr std::array<const char*, 12> months{"janvier",   "fevrier", "mars",     "avril",
                                                      "mai",       "juin",    "juillet",  "aout",
                                                      "septembre", "octobre", "novembre", "decembre"};
  const Fields f = fields_of(instant);
  std::array<char, 96> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%u %s %d vers %02dh%02dm%02ds%03d", f.day, months.at(f.month - 1),
                f.year, f.hour, f.minute, f.second, f.millisecond);
  return buffer.data();
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

TimestampForm form_of_row(TimestampForm form, std::uint64_t number) {
  if (form == TimestampForm::mixed) {
    return static_cast<TimestampForm>(number % static_cast<std::uint64_t>(TimestampForm::mixed));
  }
  if (form == TimestampForm::sometimes_unreadable) {
    return number % 7 == 0 ? TimestampForm::unreadable : TimestampForm::slashes;
  }
  return form;
}

std::string epoch_seconds_of(Instant instant) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count());
}

}  // namespace

const std::vector<std::string_view>& timestamp_form_names() {
  static const std::vector<std::string_view> names{"slashes",       "dashes",
                                                   "iso",           "iso_offset",
                                                   "basic_offset",  "no_zone",
                                                   "nanoseconds",   "whole_seconds",
                                                   "epoch_ms",      "epoch_ms_text",
                                                   "epoch_seconds", "epoch_seconds_text",
                                                   "mixed",         "sometimes_unreadable",
                                                   "unreadable"};
  return names;
}

std::string timestamp_json(TimestampForm form, Instant instant, std::uint64_t number) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const std::string fraction = fraction_text(instant);
  switch (form_of_row(form, number)) {
    case TimestampForm::dashes:
      return quoted(clock_text(instant, '-', ' ') + fraction + "+0000");
    case TimestampForm::iso:
      return quoted(iso_text(instant));
    case TimestampForm::iso_offset:
      return quoted(clock_text(instant + hours{5} + minutes{30}, '-', 'T') + fraction + "+05:30");
    case TimestampForm::basic_offset:
      return quoted(clock_text(instant - hours{5}, '/', ' ') + fraction + "-0500");
    case TimestampForm::no_zone:
      return quoted(clock_text(instant, '-', ' ') + fraction);
    case TimestampForm::nanoseconds:
      return quoted(clock_text(instant, '-', 'T') + fraction + "000000Z");
    case TimestampForm::whole_seconds:
      return quoted(clock_text(instant, '/', ' ') + "+0000");
    case TimestampForm::epoch_ms:
      return std::to_string(to_ms(instant));
    case TimestampForm::epoch_ms_text:
      return quoted(std::to_string(to_ms(instant)));
    case TimestampForm::epoch_seconds:
      return epoch_seconds_of(instant);
    case TimestampForm::epoch_seconds_text:
      return quoted(epoch_seconds_of(instant));
    case TimestampForm::unreadable:
      return quoted(unreadable_text(instant));
    default:
      return quoted(clock_text(instant, '/', ' ') + fraction + "+0000");
  }
}

std::optional<Instant> readable_instant(TimestampForm form, Instant instant, std::uint64_t number) {
  switch (form_of_row(form, number)) {
    case TimestampForm::unreadable:
      return std::nullopt;
    case TimestampForm::whole_seconds:
    case TimestampForm::epoch_seconds:
    case TimestampForm::epoch_seconds_text:
      return std::chrono::floor<std::chrono::seconds>(instant);
    default:
      return instant;
  }
}

std::string iso_text(Instant instant) {
  return clock_text(instant, '-', 'T') + fraction_text(instant) + "Z";
}

}  // namespace elit::simulator
