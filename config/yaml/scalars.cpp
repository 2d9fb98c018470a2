#include "config/yaml/scalars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "config/yaml/diagnostic.hpp"
#include "core/ascii.hpp"

namespace elit::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t amount;
};

// Spellings that other programs know, and what to write here.
struct Spelling {
  std::string_view name;
  std::string_view right;
};

constexpr std::array<Unit, 5> duration_units{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> size_units{{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};
constexpr std::array<Spelling, 22> duration_spellings{
    {{"sec", "s"},          {"secs", "s"},         {"second", "s"}, {"seconds", "s"}, {"S", "s"},
     {"min", "m"},          {"mins", "m"},         {"minute", "m"}, {"minutes", "m"}, {"M", "m"},
     {"hr", "h"},           {"hrs", "h"},          {"hour", "h"},   {"hours", "h"},   {"H", "h"},
     {"day", "d"},          {"days", "d"},         {"D", "d"},      {"msec", "ms"},   {"MS", "ms"},
     {"millisecond", "ms"}, {"milliseconds", "ms"}}};
constexpr std::array<Spelling, 15> size_spellings{{{"K", "KiB"},
                                                   {"k", "KiB"},
                                                   {"KB", "KiB"},
                                                   {"kB", "KiB"},
                                                   {"kb", "KiB"},
                                                   {"M", "MiB"},
                                                   {"MB", "MiB"},
                                                   {"mb", "MiB"},
                                                   {"Mb", "MiB"},
                                                   {"G", "GiB"},
                                                   {"GB", "GiB"},
                                                   {"gb", "GiB"},
                                                   {"b", "B"},
                                                   {"bytes", "B"},
                                                   {"mib", "MiB"}}};

std::optional<std::int64_t> to_number(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

template <class Units, class Spellings>
Reading<std::int64_t> read_amount(const std::string& text, const Units& units, const Spellings& spellings,
                                  const char* what, const char* form, const std::string& usual_unit) {
  const std::string_view view = text;
  const auto first_other = std::find_if_not(view.begin(), view.end(), is_digit);
  const std::string_view digits = view.substr(0, static_cast<std::size_t>(first_other - view.begin()));
  const std::string_view unit_name = view.substr(digits.size());
  if (view.substr(0, 1) == "-") {
    return fmt::format("must not be negative: \"{}\"", printable(text));
  }
  if (digits.empty()) {
    return fmt::format("must be {} such as {}, not \"{}\"", what, form, printable(text));
  }
  if (unit_name.empty()) {
    return digits == "0" ? Reading<std::int64_t>(std::int64_t{0})
                         : fmt::format("has no unit: did you mean {}{}?", printable(text), usual_unit);
  }
  for (const Unit& unit : units) {
    if (unit.name != unit_name) {
      continue;
    }
    const std::optional<std::int64_t> number = to_number(digits);
    if (!number || *number > std::numeric_limits<std::int64_t>::max() / unit.amount) {
      return fmt::format("is too large: \"{}\"", printable(text));
    }
    return *number * unit.amount;
  }
  for (const Spelling& spelling : spellings) {
    if (spelling.name == unit_name) {
      return fmt::format("has an unknown unit: did you mean {}{}?", digits, spelling.right);
    }
  }
  return fmt::format("must be {} such as {}, not \"{}\"", what, form, printable(text));
}

bool has_form(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) {
    return false;
  }
  for (std::size_t index = 0; index < form.size(); ++index) {
    if (form[index] == '0' ? !is_digit(text[index]) : form[index] != text[index]) {
      return false;
    }
  }
  return true;
}

int part(std::string_view text, std::size_t begin, std::size_t length) {
  return static_cast<int>(to_number(text.substr(begin, length)).value_or(0));
}

std::optional<Instant> instant_of(std::string_view text) {
  const std::chrono::year_month_day date{std::chrono::year{part(text, 0, 4)},
                                         std::chrono::month{static_cast<unsigned>(part(text, 5, 2))},
                                         std::chrono::day{static_cast<unsigned>(part(text, 8, 2))}};
  const int hour = part(text, 11, 2);
  const int minute = part(text, 14, 2);
  const int second = part(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

// A text that some YAML readers take for a number and write back with other characters.
bool changes_as_number(std::string_view text) {
  const std::string_view body = text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  if (body.empty() || (!is_digit(body.front()) && body.front() != '.')) {
    return false;
  }
  if (is_all_digits(body)) {
    return text.front() == '+' || (body.size() > 1 && body.front() == '0') || body.size() > 18 || text == "-0";
  }
  if (body.starts_with("0x") || body.starts_with("0o") || body.starts_with("0b") || body.starts_with("0X")) {
    return body.find_first_not_of("0123456789abcdefABCDEF_", 2) == std::string_view::npos && body.size() > 2;
  }
  if (body == ".inf" || body == ".Inf" || body == ".INF" || body == ".nan" || body == ".NaN" || body == ".NAN") {
    return true;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number);
  const bool is_float = end == body.data() + body.size() && error != std::errc::invalid_argument;
  const bool sexagesimal =
      body.find(':') != std::string_view::npos && body.find_first_not_of("0123456789:.") == std::string_view::npos;
  const bool underscored = body.find_first_not_of("0123456789_") == std::string_view::npos;
  return is_float || sexagesimal || underscored;
}

template <std::size_t Count>
std::string with_unit(std::int64_t amount, const std::array<Unit, Count>& smallest_first) {
  for (auto unit = smallest_first.rbegin(); unit != smallest_first.rend(); ++unit) {
    if (amount != 0 && amount % unit->amount == 0) {
      return fmt::format("{}{}", amount / unit->amount, unit->name);
    }
  }
  return "0" + std::string(smallest_first.front().name);
}

}  // namespace

Reading<Milliseconds> read_duration(const std::string& text) {
  const Reading<std::int64_t> amount =
      read_amount(text, duration_units, duration_spellings, "a duration in one unit", "500ms, 90s, 2m, 1h or 7d", "s");
  if (const auto* what = std::get_if<std::string>(&amount)) {
    return *what;
  }
  return Milliseconds{std::get<std::int64_t>(amount)};
}

Reading<std::int64_t> read_size(const std::string& text) {
  return read_amount(text, size_units, size_spellings, "a size in one unit", "512B, 64KiB, 8MiB or 1GiB", "B");
}

Reading<Instant> read_instant(const std::string& text, Instant now) {
  const std::string example = "2026-01-31T09:15:00Z";
  if (text.size() == 10 && has_form(text, "0000-00-00")) {
    return fmt::format("has no time: did you mean {}T00:00:00Z?", text);
  }
  const std::string_view view = text;
  if (!has_form(view, "0000-00-00T00:00:00")) {
    return fmt::format("must be an instant in UTC such as {}, not \"{}\"", example, printable(text));
  }
  std::string_view rest = view.substr(19);
  std::string fraction;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    fraction = rest.substr(1, end - 1);
    rest = rest.substr(end);
    if (fraction.empty() || fraction.size() > 9) {
      return fmt::format("must be an instant in UTC such as {}, not \"{}\"", example, printable(text));
    }
  }
  if (rest.empty()) {
    return fmt::format("names no zone: did you mean {}Z?", text);
  }
  if (rest != "Z" && rest != "+00:00") {
    return fmt::format("must be in UTC, ending in Z, such as {}; not \"{}\"", example, printable(text));
  }
  const std::optional<Instant> whole = instant_of(view);
  if (!whole) {
    return fmt::format("is no instant of the calendar: \"{}\"", printable(text));
  }
  fraction.resize(3, '0');
  const Instant instant = *whole + Milliseconds{part(fraction, 0, 3)};
  if (instant < Instant{}) {
    return std::string("lies before 1970: remove it to mean all history");
  }
  if (instant > now + std::chrono::days{1}) {
    return fmt::format("lies in the future: \"{}\"", printable(text));
  }
  return instant;
}

Reading<std::int64_t> read_whole(const std::string& text) {
  const std::string_view view = text;
  const std::string_view digits = view.substr(view.starts_with('-') ? 1 : 0);
  if (!is_all_digits(digits) || (digits.size() > 1 && digits.front() == '0')) {
    return fmt::format("must be a whole number, not \"{}\"", printable(text));
  }
  const std::optional<std::int64_t> number = to_number(view);
  return number ? Reading<std::int64_t>(*number) : fmt::format("is too large: \"{}\"", printable(text));
}

Reading<double> read_real(const std::string& text) {
  const std::string_view view = text;
  const std::string_view body = view.substr(view.starts_with('-') ? 1 : 0);
  const std::size_t point = std::min(body.find('.'), body.size());
  const bool fraction_is_sound = point == body.size() || is_all_digits(body.substr(point + 1));
  double number = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  if (!is_all_digits(body.substr(0, point)) || !fraction_is_sound || error != std::errc{}) {
    return fmt::format("must be a number such as 2 or 0.5, not \"{}\"", printable(text));
  }
  return number;
}

std::string duration_text(Milliseconds duration) {
  return with_unit(duration.count(), duration_units);
}

std::string size_text(std::int64_t bytes) {
  return with_unit(bytes, size_units);
}

std::optional<std::string> needs_quotes(const std::string& text, bool booleans) {
  const auto advice = [&](const char* what) {
    return fmt::format("would be read as a {} and changed: write \"{}\" with quotes", what, printable(text));
  };
  if (changes_as_number(text)) {
    return advice("number");
  }
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
  const bool boolean = lower == "true" || lower == "false";
  if (boolean && (booleans || lower != text)) {
    return advice("truth value");
  }
  return std::nullopt;
}

}  // namespace elit::config
