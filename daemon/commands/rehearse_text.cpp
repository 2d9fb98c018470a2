#include "daemon/commands/rehearse_text.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>

#include <utility>

#include "daemon/commands/backlog_chart.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds day = hours{24};
constexpr int chart_indent = 4;

// 1690 as 1,690.
template <class Integer>
std::string grouped(Integer number) {
  std::string text = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t place = text.size(); place > first + 3;) {
    place -= 3;
    text.insert(place, ",");
  }
  return text;
}

template <class Integer>
std::string counted(Integer number, const std::string& thing) {
  return grouped(number) + " " + thing + (number == 1 ? "" : "s");
}

// Two neighbouring units; the smaller one is left out when it is zero.
std::string two_units(std::int64_t large, const char* large_name, std::int64_t small, const char* small_name) {
  return small == 0 ? fmt::format("{} {}", large, large_name)
                    : fmt::format("{} {} {} {}", large, large_name, small, small_name);
}

std::string fault_text(const RehearsalOptions& options, const ScheduledFault& scheduled) {
  std::string when = moment_text(scheduled.from);
  const Milliseconds span = day * options.days;
  if (scheduled.until == span && scheduled.from == Milliseconds{0}) {
    when = "all the time";
  } else if (scheduled.until > scheduled.from) {
    when += " to " + moment_text(scheduled.until);
  }
  std::string text = scheduled.fault.text;
  for (const char* word : {" at ", " for "}) {
    text = text.substr(0, text.find(word));
  }
  return fmt::format("  {}: {}\n", text, when);
}

std::string head_text(const RehearsalOptions& options, const RehearsalReport& report) {
  std::uint64_t users = 0;
  for (const SourceReport& source : report.sources) {
    users += source.users;
  }
  std::string text =
      fmt::format("{}, {}, {} and {} from the {} days before; {}\n", counted(options.days, "day"),
                  counted(users, "simulated user"), counted(report.messages, "message"), grouped(report.history),
                  rehearsal_history_days, options.faults.faults.empty() ? "no faults" : "faults:");
  for (const ScheduledFault& scheduled : options.faults.faults) {
    text += fault_text(options, scheduled);
  }
  return text;
}

std::string freshness_text(const Freshness& freshness) {
  return fmt::format("  freshness: 50 % within {}, 95 % within {}, 99 % within {}, worst {}\n",
                     length_text(freshness.half), length_text(freshness.most), length_text(freshness.nearly_all),
                     length_text(freshness.worst));
}

// The chart of a sink that keeps up is useless: it shows only the few messages between two polls.
bool fell_behind(const Freshness& freshness) {
  return freshness.worst >= hours{1} || freshness.worst > 4 * freshness.half;
}

std::string backlog_text(const SinkReport& sink, bool blocks) {
  const Backlog& backlog = sink.backlog;
  if (backlog.peak == 0) {
    return "  backlog: none at any time\n";
  }
  std::string text =
      fmt::format("  backlog: at most {}, on {}; ", counted(backlog.peak, "message"), moment_text(backlog.peak_at));
  text += backlog.cleared_at ? fmt::format("all of them were delivered by {}\n", moment_text(*backlog.cleared_at))
                             : "not all of them were delivered\n";
  if (fell_behind(sink.freshness) || !backlog.cleared_at) {
    for (const std::string& line : backlog_chart(backlog, chart_indent, blocks)) {
      text += line + '\n';
    }
  }
  return text;
}

std::string sink_text(const SinkReport& sink, const RehearsalReport& report, bool blocks) {
  std::string text =
      fmt::format("sink {}: delivered {} of {}, missing {}, twice {}, dead {}, sent again under the same key {}\n",
                  sink.name, grouped(sink.delivered), grouped(sink.expected), grouped(sink.missing),
                  grouped(sink.twice), grouped(sink.dead), grouped(sink.repeats_same_key));
  if (sink.rehearsed_as != sink.type) {
    text += fmt::format("  rehearsed as type: http, because no receiver of type: {} is simulated\n", sink.type);
  }
  text += fmt::format("  requests: {}\n", grouped(sink.requests));
  if (report.history > 0 && sink.history_took > Milliseconds{0}) {
    text +=
        fmt::format("  messages from before the first start had arrived after {}\n", length_text(sink.history_took));
  }
  return text + freshness_text(sink.freshness) + backlog_text(sink, blocks);
}

std::string source_text(const SourceReport& source, const RehearsalReport& report) {
  const double in_minutes = std::chrono::duration<double, std::ratio<60>>(report.simulated).count();
  return fmt::format("source {}: {} answered, {:.1f} a minute; fetched {} = new {} + duplicate {} + rejected {}\n",
                     source.name, counted(source.requests, "request"),
                     static_cast<double>(source.requests) / in_minutes, grouped(source.fetched), grouped(source.added),
                     grouped(source.duplicates), grouped(source.rejected));
}

json::object freshness_json(const Freshness& freshness) {
  return {{"p50", freshness.half.count()},
          {"p95", freshness.most.count()},
          {"p99", freshness.nearly_all.count()},
          {"worst", freshness.worst.count()}};
}

json::object backlog_json(const Backlog& backlog) {
  json::value cleared = nullptr;
  if (backlog.cleared_at) {
    cleared = backlog.cleared_at->count();
  }
  return {{"peak", backlog.peak},
          {"peak_at_ms", backlog.peak_at.count()},
          {"cleared_at_ms", std::move(cleared)},
          {"step_ms", backlog.step.count()},
          {"highest", json::array(backlog.highest.begin(), backlog.highest.end())}};
}

json::array faults_json(const FaultSchedule& schedule) {
  json::array faults;
  for (const ScheduledFault& scheduled : schedule.faults) {
    faults.push_back(json::object{
        {"fault", scheduled.fault.text}, {"from_ms", scheduled.from.count()}, {"until_ms", scheduled.until.count()}});
  }
  return faults;
}

}  // namespace

std::string length_text(Milliseconds length) {
  if (length < seconds{10}) {
    return fmt::format("{:.1f} s", std::chrono::duration<double>(length).count());
  }
  if (length < minutes{1}) {
    return fmt::format("{} s", length / seconds{1});
  }
  if (length < hours{1}) {
    return two_units(length / minutes{1}, "min", length % minutes{1} / seconds{1}, "s");
  }
  if (length < day) {
    return two_units(length / hours{1}, "h", length % hours{1} / minutes{1}, "min");
  }
  return two_units(length / day, "d", length % day / hours{1}, "h");
}

std::string moment_text(Milliseconds since_beginning) {
  const Milliseconds in_day = since_beginning % day;
  return fmt::format("day {}, {:02}:{:02}", since_beginning / day + 1, in_day / hours{1},
                     in_day % hours{1} / minutes{1});
}

std::string rehearsal_text(const RehearsalOptions& options, const RehearsalReport& report, bool blocks) {
  std::string text = head_text(options, report);
  for (const SinkReport& sink : report.sinks) {
    text += sink_text(sink, report, blocks);
  }
  if (report.sinks.empty()) {
    text += "no sinks: conversations are only stored\n";
  }
  for (const SourceReport& source : report.sources) {
    text += source_text(source, report);
  }
  if (report.starts > 1) {
    text += fmt::format("the program was started {} times\n", grouped(report.starts));
  }
  if (!report.problems.empty()) {
    text += fmt::format("it ended by itself {}; the first reason: {}\n", counted(report.problems.size(), "time"),
                        report.problems.front());
  }
  if (report.balanced()) {
    text += "Nothing is missing, nothing is there twice.\n";
  }
  return text;
}

json::object rehearsal_json(const RehearsalOptions& options, const RehearsalReport& report) {
  json::array sinks;
  for (const SinkReport& sink : report.sinks) {
    sinks.push_back(json::object{{"name", sink.name},
                                 {"type", sink.type},
                                 {"rehearsed_as", sink.rehearsed_as},
                                 {"expected", sink.expected},
                                 {"delivered", sink.delivered},
                                 {"missing", sink.missing},
                                 {"twice", sink.twice},
                                 {"dead", sink.dead},
                                 {"requests", sink.requests},
                                 {"repeats_same_key", sink.repeats_same_key},
                                 {"repeats_other_key", sink.repeats_other_key},
                                 {"history_took_ms", sink.history_took.count()},
                                 {"freshness_ms", freshness_json(sink.freshness)},
                                 {"backlog", backlog_json(sink.backlog)}});
  }
  json::array sources;
  for (const SourceReport& source : report.sources) {
    sources.push_back(json::object{{"name", source.name},
                                   {"users", source.users},
                                   {"requests", source.requests},
                                   {"expected", source.expected},
                                   {"stored", source.stored},
                                   {"fetched", source.fetched},
                                   {"new", source.added},
                                   {"duplicate", source.duplicates},
                                   {"rejected", source.rejected}});
  }
  return {{"balanced", report.balanced()},
          {"imbalances", json::array(report.imbalances.begin(), report.imbalances.end())},
          {"days", options.days},
          {"seed", options.seed},
          {"messages", report.messages},
          {"history", report.history},
          {"simulated_ms", report.simulated.count()},
          {"starts", report.starts},
          {"problems", json::array(report.problems.begin(), report.problems.end())},
          {"faults", faults_json(options.faults)},
          {"sources", std::move(sources)},
          {"sinks", std::move(sinks)}};
}

}  // namespace elit::daemon
