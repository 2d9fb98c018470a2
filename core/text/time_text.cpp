#include "core/text/time_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "core/ascii.hpp"
#include "core/text/decimal_text.hpp"

namespace elit {
namespace {

// The instants of years with four digits, in milliseconds since 1970.
constexpr Instant year_0_begins{Milliseconds{-62'167'219'200'000}};
constexpr Instant year_9999_ends{Milliseconds{253'402'300'800'000}};

// Reads a text from left to right, piece by piece. After the first piece that does not fit, every call fails.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  // A number of exactly `count` digits.
  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(peek())) {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (peek() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  // Takes the first character if it is one of `characters`.
  bool accept(std::string_view characters) {
    if (failed_ || rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool accept_word(std::string_view word) {
    if (failed_ || !rest_.starts_with(word)) {
      return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }

  void fail() { failed_ = true; }
  void expect(std::string_view characters) { failed_ = !accept(characters) || failed_; }

  // Takes one of `names` and returns its number; fails if none fits.
  template <std::size_t count>
  int name(const std::array<std::string_view, count>& names) {
    for (std::size_t i = 0; i < count; ++i) {
      if (accept_word(names[i])) {
        return static_cast<int>(i);
      }
    }
    failed_ = true;
    return 0;
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Civil {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  int offset_minutes = 0;  // east of Greenwich
};

std::optional<Instant> to_instant(const Civil& civil) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year{civil.year}, chrono::month{static_cast<unsigned>(civil.month)},
                                    chrono::day{static_cast<unsigned>(civil.day)}};
  if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 60) {
    return std::nullopt;
  }
  Milliseconds in_minute = chrono::seconds{civil.second} + Milliseconds{civil.millisecond};
  in_minute = std::min(in_minute, Milliseconds{59'999});  // a leap second
  const Instant instant = chrono::sys_days{date} + chrono::hours{civil.hour} + chrono::minutes{civil.minute} +
                          in_minute - chrono::minutes{civil.offset_minutes};
  // An offset may move the instant out of these years, and then it cannot be written.
  return instant >= year_0_begins && instant < year_9999_ends ? std::optional(instant) : std::nullopt;
}

int read_fraction(TextReader& reader) {
  int millisecond = 0;
  int scale = 100;
  for (int count = 0; count < 9 && is_digit(reader.peek()); ++count, scale /= 10) {
    millisecond += reader.digits(1) * scale;
  }
  return millisecond;
}

// Reads the offset after a time; false when there is none.
bool read_offset(TextReader& reader, Civil& civil) {
  if (reader.accept("Zz") || reader.accept_word("UTC") || reader.accept_word("GMT")) {
    return true;
  }
  const bool west = reader.peek() == '-';
  if (!reader.accept("+-")) {
    return false;
  }
  const int hours = reader.digits(2);
  int minutes = 0;
  if (reader.accept(":") || is_digit(reader.peek())) {
    minutes = reader.digits(2);
  }
  if (hours > 23 || minutes > 59) {
    reader.fail();
  }
  civil.offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
  return true;
}

enum class Strictness { vendor, rfc3339 };

std::optional<ReadInstant> parse_civil(std::string_view text, Strictness strictness) {
  const bool strict = strictness == Strictness::rfc3339;
  TextReader reader(text);
  Civil civil;
  civil.year = reader.digits(4);
  const char separator = reader.peek();
  reader.expect(strict ? "-" : "-/");
  civil.month = reader.digits(2);
  reader.expect(std::string_view(&separator, 1));
  civil.day = reader.digits(2);
  reader.expect("Tt ");
  civil.hour = reader.digits(2);
  reader.expect(":");
  civil.minute = reader.digits(2);
  if (reader.accept(":")) {
    civil.second = reader.digits(2);
    if (reader.accept(strict ? "." : ".,")) {
      if (strict && !is_digit(reader.peek())) {
        return std::nullopt;
      }
      civil.millisecond = read_fraction(reader);
    }
  } else if (strict) {
    return std::nullopt;
  }
  if (!strict) {
    reader.accept(" ");
  }
  const bool zone = read_offset(reader, civil);
  if (!reader.finished() || (strict && !zone)) {
    return std::nullopt;
  }
  const std::optional<Instant> instant = to_instant(civil);
  if (!instant) {
    return std::nullopt;
  }
  return ReadInstant{*instant, !zone};
}

// `decimal` times 10^`shift` cut to an integer, which has at most 15 digits.
std::optional<std::int64_t> scaled(const Decimal& decimal, std::int64_t shift) {
  const std::int64_t size = static_cast<std::int64_t>(decimal.digits.size()) + decimal.exponent + shift;
  if (size < 1 || size > 15) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) {
    value = value * 10 + (i < decimal.digits.size() ? decimal.digits[i] - '0' : 0);
  }
  return value;
}

std::optional<Instant> parse_epoch(std::string_view text) {
  const std::optional<Decimal> decimal = parse_decimal(text);
  if (!decimal || decimal->negative || decimal->digits.empty()) {
    return std::nullopt;
  }
  const std::int64_t whole_digits = static_cast<std::int64_t>(decimal->digits.size()) + decimal->exponent;
  const bool seconds = whole_digits == 10 || whole_digits == 11;
  if (!seconds && whole_digits < 13) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> ms = scaled(*decimal, seconds ? 3 : 0);
  return ms && from_ms(*ms) < year_9999_ends ? std::optional(from_ms(*ms)) : std::nullopt;
}

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> long_day_names{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                         "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 7> day_names{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

void read_time_of_day(TextReader& reader, Civil& civil) {
  civil.hour = reader.digits(2);
  reader.expect(":");
  civil.minute = reader.digits(2);
  reader.expect(":");
  civil.second = reader.digits(2);
}

// `Sun, 06 Nov 1994 08:49:37 GMT` or `Sunday, 06-Nov-94 08:49:37 GMT`, from after the comma.
void read_date_with_comma(TextReader& reader, Civil& civil, bool short_year) {
  const std::string_view separator = short_year ? "-" : " ";
  reader.expect(" ");
  civil.day = reader.digits(2);
  reader.expect(separator);
  civil.month = reader.name(month_names) + 1;
  reader.expect(separator);
  civil.year = reader.digits(short_year ? 2 : 4);
  if (short_year) {
    civil.year += civil.year < 70 ? 2000 : 1900;
  }
  reader.expect(" ");
  read_time_of_day(reader, civil);
  if (!reader.accept_word(" GMT")) {
    reader.fail();
  }
}

// ` Nov 6 08:49:37 1994`, from after the name of the day.
void read_asctime(TextReader& reader, Civil& civil) {
  reader.expect(" ");
  civil.month = reader.name(month_names) + 1;
  reader.expect(" ");
  civil.day = reader.accept(" ") ? reader.digits(1) : reader.digits(2);
  reader.expect(" ");
  read_time_of_day(reader, civil);
  reader.expect(" ");
  civil.year = reader.digits(4);
}

}  // namespace

std::optional<ReadInstant> parse_timestamp(std::string_view text) {
  text = trimmed(text);
  if (const std::optional<ReadInstant> read = parse_civil(text, Strictness::vendor)) {
    return read;
  }
  if (const std::optional<Instant> instant = parse_epoch(text)) {
    return ReadInstant{*instant, false};
  }
  return std::nullopt;
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  const std::optional<ReadInstant> read = parse_civil(text, Strictness::rfc3339);
  return read ? std::optional(read->instant) : std::nullopt;
}

std::string to_rfc3339(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<Instant> parse_http_date(std::string_view text) {
  TextReader reader(trimmed(text));
  Civil civil;
  TextReader long_name = reader;
  long_name.name(long_day_names);
  if (!long_name.failed()) {
    reader = long_name;
    reader.expect(",");
    read_date_with_comma(reader, civil, true);
  } else {
    reader.name(day_names);
    if (reader.accept(",")) {
      read_date_with_comma(reader, civil, false);
    } else {
      read_asctime(reader, civil);
    }
  }
  return reader.finished() ? to_instant(civil) : std::nullopt;
}

std::string to_http_date(Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(instant - day)};
  const std::string_view weekday = day_names.at(std::chrono::weekday{day}.iso_encoding() - 1);
  const std::string_view month = month_names.at(static_cast<unsigned>(date.month()) - 1);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", weekday.data(),
                                 static_cast<unsigned>(date.day()), month.data(), static_cast<int>(date.year()),
                                 static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                 static_cast<int>(time.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<Milliseconds> parse_retry_after(std::string_view text, std::optional<Instant> now) {
  text = trimmed(text);
  if (const std::optional<Decimal> seconds = parse_decimal(text)) {
    if (seconds->digits.empty()) {
      return Milliseconds{0};
    }
    if (seconds->negative) {
      return std::nullopt;
    }
    const std::int64_t whole_digits = static_cast<std::int64_t>(seconds->digits.size()) + seconds->exponent;
    if (whole_digits > 5) {
      return retry_after_max;
    }
    const std::optional<std::int64_t> ms = scaled(*seconds, 3);
    return std::min(Milliseconds{ms.value_or(1)}, retry_after_max);
  }
  const std::optional<Instant> date = parse_http_date(text);
  if (!date || !now) {
    return std::nullopt;
  }
  return std::clamp(*date - *now, Milliseconds{0}, retry_after_max);
}

}  // namespace elit
