#include "tests/properties/time_model.hpp"

#include <cstdio>

namespace elit::properties {
namespace {

constexpr std::int64_t year_0_begins_ms = -62'167'219'200'000;
constexpr std::int64_t year_9999_ends_ms = 253'402'300'800'000;
constexpr std::int64_t day_ms = 86'400'000;

// The fraction of the second: with all digits, without zeros at the end, or with more digits than milliseconds have.
std::string fraction(std::int64_t ms, Choices& choices) {
  if (ms == 0 && choices.chance(2)) {
    return "";
  }
  char digits[16];
  std::snprintf(digits, sizeof(digits), "%03d", static_cast<int>(ms));
  std::string text = digits;
  while (text.size() > 1 && text.back() == '0' && choices.chance(2)) {
    text.pop_back();
  }
  for (std::int64_t more = text.size() == 3 && choices.chance(4) ? choices.between(1, 6) : 0; more > 0; --more) {
    text += static_cast<char>('0' + choices.below(10));
  }
  return text;
}

std::int64_t rest_of(std::int64_t value, std::int64_t divisor) {
  return ((value % divisor) + divisor) % divisor;
}

// Minutes east of Greenwich. The local date has a four-digit year.
int offset_from(Instant instant, Choices& choices) {
  const int minutes = choices.one_of({0, 330, -480, 1, -1, 14 * 60, 23 * 60 + 59, -(23 * 60 + 59)});
  const std::int64_t local = to_ms(instant) + minutes * 60'000LL;
  return local >= year_0_begins_ms && local < year_9999_ends_ms ? minutes : 0;
}

struct Separators {
  char date = '-';
  char time = 'T';
  char point = '.';
};

std::string date_and_time(Instant local, Separators with, Choices& choices) {
  const std::int64_t ms = to_ms(local);
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(local)};
  const std::int64_t of_day = rest_of(ms, day_ms);
  char text[64];
  std::snprintf(text, sizeof(text), "%04d%c%02u%c%02u%c%02d:%02d", static_cast<int>(date.year()), with.date,
                static_cast<unsigned>(date.month()), with.date, static_cast<unsigned>(date.day()), with.time,
                static_cast<int>(of_day / 3'600'000), static_cast<int>(of_day / 60'000 % 60));
  std::string out = text;
  const std::int64_t in_minute = of_day % 60'000;
  if (with.point == '\0' && in_minute == 0) {
    return out;
  }
  std::snprintf(text, sizeof(text), ":%02d", static_cast<int>(in_minute / 1000));
  const std::string digits = fraction(in_minute % 1000, choices);
  return out + text + (digits.empty() ? "" : (with.point == ',' ? "," : ".") + digits);
}

std::string offset_text(int minutes, const char* form) {
  char text[16];
  std::snprintf(text, sizeof(text), form, minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
  return text;
}

}  // namespace

Instant instant_from(Choices& choices) {
  switch (choices.below(4)) {
    case 0:
      return from_ms(1'769'850'902'000 + choices.between(0, 100'000));
    case 1: {
      const Instant border =
          from_ms(choices.one_of<std::int64_t>({0, 951'782'400'000, 1'000'000'000'000, 4'107'542'400'000}));
      return border + Milliseconds{choices.between(-2, 2) * choices.one_of<std::int64_t>({1, 1'000, 60'000, day_ms})};
    }
    case 2:
      return from_ms(choices.between(1'000'000'000'000, 4'000'000'000'000));
    default:
      return from_ms(choices.between(year_0_begins_ms, year_9999_ends_ms - 1));
  }
}

WrittenTime written_civil(Instant instant, Choices& choices) {
  WrittenTime written;
  const int offset = offset_from(instant, choices);
  const Separators with{choices.one_of({'-', '/'}), choices.one_of({'T', ' ', 't'}), choices.one_of({'.', ',', '\0'})};
  written.text = date_and_time(instant + Milliseconds{offset * 60'000}, with, choices);
  written.text += choices.chance(4) ? " " : "";
  if (offset == 0 && choices.chance(2)) {
    written.names_offset = choices.chance(2);
    written.text += written.names_offset ? choices.one_of<const char*>({"Z", "z", "UTC", "GMT"}) : "";
  } else {
    const bool whole_hour = offset % 60 == 0 && choices.chance(2);
    written.text += offset_text(offset, whole_hour ? "%c%02d" : choices.one_of({"%c%02d%02d", "%c%02d:%02d"}));
  }
  if (choices.chance(8)) {
    written.text = " \t" + written.text + "\r\n";
  }
  return written;
}

std::string written_rfc3339(Instant instant, Choices& choices) {
  const int offset = offset_from(instant, choices);
  const Separators with{'-', choices.one_of({'T', ' ', 't'}), '.'};
  const std::string text = date_and_time(instant + Milliseconds{offset * 60'000}, with, choices);
  return text + (offset == 0 && choices.chance(2) ? choices.one_of({"Z", "z"}) : offset_text(offset, "%c%02d:%02d"));
}

std::string written_epoch(Instant instant, Choices& choices) {
  const std::string ms = std::to_string(to_ms(instant));
  const std::string whole = ms.substr(0, ms.size() - 3);
  const std::string behind = ms.substr(ms.size() - 3);
  switch (choices.below(5)) {
    case 0:
      return ms;
    case 1:
      return ms + "." + std::to_string(choices.below(1000));
    case 2:
      return ms.substr(0, 1) + "." + ms.substr(1) + "E" + std::to_string(ms.size() - 1);
    case 3:
      // Ten or eleven digits before the point are seconds; more are milliseconds.
      return whole.size() <= 11 ? whole + "." + behind : ms;
    default:
      return ms + "0e-1";
  }
}

}  // namespace elit::properties
