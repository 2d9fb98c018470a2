#include "config/presets/zone_rule.hpp"

#include <algorithm>
#include <chrono>

namespace elit::config {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;

constexpr seconds offset_max{std::chrono::hours{26}};

bool is_offset(seconds offset) {
  return offset <= offset_max && offset >= -offset_max;
}

// A day of the year and a time of that day, as Mm.w.d/time, Jn/time or n/time.
struct YearlyMoment {
  enum class Form { weekday, without_leap_day, with_leap_day } form = Form::weekday;
  unsigned month = 1;
  unsigned week = 1;  // 5: the last
  unsigned day = 0;   // of the week from Sunday, or of the year
  seconds time{std::chrono::hours{2}};
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return text_.empty(); }

  bool skip(char byte) {
    const bool there = !text_.empty() && text_.front() == byte;
    text_.remove_prefix(there ? 1 : 0);
    return there;
  }

  [[nodiscard]] bool before(char byte) const { return !text_.empty() && text_.front() == byte; }

  bool name() {
    const bool quoted = skip('<');
    std::size_t length = 0;
    const auto fits = [quoted](char byte) {
      const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
      return letter || (quoted && byte != '>');
    };
    while (length < text_.size() && fits(text_[length])) {
      ++length;
    }
    text_.remove_prefix(length);
    return length > 0 && (!quoted || skip('>'));
  }

  std::optional<unsigned> number(unsigned max) {
    unsigned value = 0;
    std::size_t length = 0;
    while (length < text_.size() && length < 4 && text_[length] >= '0' && text_[length] <= '9') {
      value = value * 10 + static_cast<unsigned>(text_[length] - '0');
      ++length;
    }
    text_.remove_prefix(length);
    return length > 0 && value <= max ? std::optional(value) : std::nullopt;
  }

  // [+-]hh[:mm[:ss]]
  std::optional<seconds> time() {
    const bool negative = skip('-');
    if (!negative) {
      skip('+');
    }
    const std::optional<unsigned> hours = number(167);
    if (!hours) {
      return std::nullopt;
    }
    seconds time = std::chrono::hours{*hours};
    for (const seconds unit : {seconds{60}, seconds{1}}) {
      if (skip(':')) {
        const std::optional<unsigned> part = number(59);
        if (!part) {
          return std::nullopt;
        }
        time += *part * unit;
      }
    }
    return negative ? -time : time;
  }

  std::optional<YearlyMoment> moment() {
    YearlyMoment moment;
    bool sound = skip(',');
    if (skip('M')) {
      const auto month = number(12);
      sound = sound && month && *month > 0 && skip('.');
      const auto week = number(5);
      sound = sound && week && *week > 0 && skip('.');
      const auto day = number(6);
      sound = sound && day;
      moment.month = month.value_or(1);
      moment.week = week.value_or(1);
      moment.day = day.value_or(0);
    } else {
      moment.form = skip('J') ? YearlyMoment::Form::without_leap_day : YearlyMoment::Form::with_leap_day;
      const auto day = number(365);
      sound = sound && day && (*day > 0 || moment.form == YearlyMoment::Form::with_leap_day);
      moment.day = day.value_or(1);
    }
    if (sound && skip('/')) {
      const auto at = time();
      sound = at.has_value();
      moment.time = at.value_or(moment.time);
    }
    return sound ? std::optional(moment) : std::nullopt;
  }

 private:
  std::string_view text_;
};

sys_days day_of(const YearlyMoment& moment, int year) {
  using std::chrono::days;
  const std::chrono::year y{year};
  const sys_days first{y / 1 / 1};
  switch (moment.form) {
    case YearlyMoment::Form::weekday: {
      const std::chrono::weekday weekday{moment.day};
      const std::chrono::month month{moment.month};
      return moment.week == 5 ? sys_days{y / month / weekday[std::chrono::last]}
                              : sys_days{y / month / weekday[moment.week]};
    }
    case YearlyMoment::Form::without_leap_day: {
      const bool behind_leap_day = y.is_leap() && moment.day >= 60;
      return first + days{moment.day - 1 + (behind_leap_day ? 1U : 0U)};
    }
    case YearlyMoment::Form::with_leap_day:
      return first + days{moment.day};
  }
  return first;
}

Instant instant_of(const YearlyMoment& moment, int year, seconds offset_before) {
  return std::chrono::time_point_cast<Milliseconds>(day_of(moment, year) + moment.time - offset_before);
}

}  // namespace

std::optional<std::vector<TimeZone::Change>> changes_of_rule(std::string_view rule, int from, int to) {
  RuleReader reader(rule);
  if (!reader.name()) {
    return std::nullopt;
  }
  const std::optional<seconds> west = reader.time();
  if (!west || !is_offset(*west)) {
    return std::nullopt;
  }
  const seconds standard = -*west;
  if (reader.at_end()) {
    const Instant begin = std::chrono::time_point_cast<Milliseconds>(sys_days{std::chrono::year{from} / 1 / 1});
    return std::vector<TimeZone::Change>{{begin, standard}};
  }
  if (!reader.name()) {
    return std::nullopt;
  }
  seconds summer = standard + std::chrono::hours{1};
  if (!reader.before(',')) {
    const std::optional<seconds> summer_west = reader.time();
    if (!summer_west) {
      return std::nullopt;
    }
    summer = -*summer_west;
  }
  const std::optional<YearlyMoment> begin = reader.moment();
  const std::optional<YearlyMoment> end = reader.moment();
  if (!is_offset(summer) || !begin || !end || !reader.at_end()) {
    return std::nullopt;
  }
  std::vector<TimeZone::Change> changes;
  for (int year = from; year <= to; ++year) {
    changes.push_back({instant_of(*begin, year, standard), summer});
    changes.push_back({instant_of(*end, year, summer), standard});
  }
  std::sort(changes.begin(), changes.end(),
            [](const TimeZone::Change& left, const TimeZone::Change& right) { return left.from < right.from; });
  return changes;
}

}  // namespace elit::config
