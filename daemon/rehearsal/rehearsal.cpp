#include "daemon/rehearsal/rehearsal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/simulator/ledger.hpp"
#include "core/simulator/passage.hpp"
#include "daemon/delivery/sink_kind.hpp"
#include "daemon/rehearsal/stage.hpp"

namespace elit::daemon {
namespace {

using simulator::Ledger;
using simulator::LedgerQuery;
using simulator::Passage;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds day = hours{24};
constexpr Milliseconds history = day * rehearsal_history_days;
constexpr Instant earliest_beginning = from_ms(1'767'571'200'000);  // 2026-01-05T00:00:00Z, a Monday
constexpr Milliseconds late_max = seconds{60};
constexpr std::int64_t backlog_steps = 60;
// A parked user is tried again after at most 6 hours.
constexpr Milliseconds wait_min = hours{14};

// A midnight; the history before it begins after every `since`.
Instant beginning(const Options& options) {
  Instant begin = earliest_beginning;
  for (const SourceOptions& source : options.sources) {
    if (source.since) {
      begin = std::max(begin, std::chrono::ceil<std::chrono::days>(*source.since) + history);
    }
  }
  return begin;
}

// The configuration for peers that all speak the usual dialect.
Options without_dialects(Options options) {
  for (SourceOptions& source : options.sources) {
    DialectOptions api;
    api.sender_roles = source.api.sender_roles;
    api.short_page_ends = source.api.short_page_ends;
    api.users_page_parameter = source.api.users_page_parameter.empty() ? "" : api.page_number_parameter;
    source.api = std::move(api);
  }
  return options;
}

simulator::SimulatorOptions make_peer(const RehearsalOptions& options, std::size_t index) {
  const SourceOptions& source = options.options.sources[index];
  simulator::SimulatorOptions peer;
  peer.dialect.users_paging = !source.api.users_page_parameter.empty();
  simulator::WorldOptions& world = peer.world;
  world.seed = simulator::random_for(options.seed, "rehearsed source", index).next();
  world.users = options.users;
  world.history = history;
  world.messages_per_user_day = options.messages_per_user_day;
  world.arrivals_per_minute = options.users * options.messages_per_user_day / (24 * 60);
  world.arrivals_stop_after = day * options.days;
  const std::vector<SinkOptions>& sinks = options.options.sinks;
  if (std::any_of(sinks.begin(), sinks.end(), [](const SinkOptions& sink) { return !sink.crm.empty(); })) {
    world.mark = source.name;
  }
  // Messages that become visible later than the look-back reaches are not found, so the simulated lateness stays below
  // that.
  world.late_max = std::min(late_max, (source.settle + source.lookback) / 2);
  if (world.late_max < Milliseconds{1}) {
    world.late_max = Milliseconds{1};
    world.late_share = 0;
  }
  return peer;
}

StageOptions make_stage(const RehearsalOptions& options) {
  StageOptions stage;
  stage.options = without_dialects(options.options);
  stage.designs = options.designs;
  for (std::size_t i = 0; i < options.options.sources.size(); ++i) {
    stage.sources.push_back(make_peer(options, i));
  }
  stage.sinks.resize(options.options.sinks.size());
  stage.start = beginning(options.options);
  stage.seed = options.seed;
  stage.log.file = "/dev/null";
  stage.log.level = LogLevel::error;
  return stage;
}

// Each user matches one audience of its source; the audiences take turns.
void fill_audiences(Stage& stage) {
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    const std::vector<Audience>& audiences = stage.options().sources[i].audiences;
    std::set<std::string> names;
    for (const Audience& audience : audiences) {
      names.insert(audience.attribute);
    }
    std::size_t turn = 0;
    for (simulator::User& user : stage.source(i).world().users()) {
      std::erase_if(user.attributes, [&names](const auto& attribute) { return names.contains(attribute.first); });
      const Audience& audience = audiences[turn++ % audiences.size()];
      user.attributes.emplace_back(audience.attribute, audience.value);
    }
  }
}

// The smallest of the ascending `times` such that `share` of them are not longer.
Milliseconds quantile(const std::vector<Milliseconds>& times, double share) {
  if (times.empty()) {
    return Milliseconds{0};
  }
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(times.size()));
  return times[std::min(rank, times.size() - 1)];
}

Freshness freshness_of(const std::vector<Passage>& passages, Instant start) {
  std::vector<Milliseconds> times;
  for (const Passage& passage : passages) {
    if (passage.arrived && passage.visible_from >= start) {
      times.push_back(std::max(Milliseconds{0}, *passage.arrived - passage.visible_from));
    }
  }
  std::sort(times.begin(), times.end());
  return {quantile(times, 0.5), quantile(times, 0.95), quantile(times, 0.99), quantile(times, 1)};
}

Backlog backlog_of(const std::vector<Passage>& passages, Instant start, Milliseconds span) {
  std::vector<std::pair<Milliseconds, int>> changes;
  for (const Passage& passage : passages) {
    if (passage.visible_from >= start) {
      changes.emplace_back(passage.visible_from - start, 1);
      if (passage.arrived) {
        changes.emplace_back(std::max(*passage.arrived, passage.visible_from) - start, -1);
        span = std::max(span, *passage.arrived - start + Milliseconds{1});
      }
    }
  }
  std::sort(changes.begin(), changes.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
  Backlog backlog;
  backlog.step = std::chrono::ceil<minutes>(span / backlog_steps);
  std::int64_t height = 0;
  const auto reach = [&](Milliseconds when) {
    const auto column = static_cast<std::size_t>(when / backlog.step);
    while (backlog.highest.size() <= column) {
      backlog.highest.push_back(static_cast<std::uint64_t>(height));
    }
    return column;
  };
  for (const auto& [when, change] : changes) {
    const std::size_t column = reach(when);
    height += change;
    const auto now = static_cast<std::uint64_t>(height);
    backlog.highest[column] = std::max(backlog.highest[column], now);
    if (now > backlog.peak) {
      backlog.peak = now;
      backlog.peak_at = when;
    }
  }
  reach(span - Milliseconds{1});
  Milliseconds cleared = backlog.peak_at;
  bool all = true;
  for (const Passage& passage : passages) {
    if (passage.visible_from >= start && passage.visible_from - start <= backlog.peak_at) {
      all = all && passage.arrived;
      cleared = passage.arrived ? std::max(cleared, *passage.arrived - start) : cleared;
    }
  }
  backlog.cleared_at = all ? std::optional(cleared) : std::nullopt;
  return backlog;
}

class Rehearsal {
 public:
  explicit Rehearsal(const RehearsalOptions& options)
      : options_(options), stage_(make_stage(options)), player_(stage_, options.faults, options.seed) {
    fill_audiences(stage_);
    begin_ = stage_.time().now().steady;
    start_ = stage_.time().truth();
  }

  RehearsalReport run() {
    std::set<Milliseconds> stops;
    for (const Milliseconds moment : player_.moments()) {
      stops.insert(moment);
    }
    for (int hour = 1; hour <= options_.days * 24; ++hour) {
      stops.insert(hours{hour});
    }
    for (const Milliseconds stop : stops) {
      stage_.run_until(begin_ + stop);
      player_.play(stop);
      if (options_.on_hour && stop % hours{1} == Milliseconds{0}) {
        options_.on_hour(stop);
      }
    }
    player_.heal();
    return finish();
  }

 private:
  // Waits for the messages that have not arrived yet.
  RehearsalReport finish() {
    Milliseconds budget = wait_min;
    for (const SourceOptions& source : stage_.options().sources) {
      budget = std::max(budget, wait_min + 2 * (source.poll.max_staleness + source.settle + source.lookback));
    }
    for (const SinkOptions& sink : stage_.options().sinks) {
      budget = std::max(budget, wait_min + 2 * (sink.retry.max + sink.batch.wait));
    }
    const SteadyTime end = stage_.time().now().steady + budget;
    // The last messages become visible within the first step.
    for (Milliseconds step = minutes{10};; step *= 2) {
      stage_.run_until(std::min(end, stage_.time().now().steady + step));
      RehearsalReport result = report();
      if (result.balanced() || stage_.time().now().steady >= end) {
        return result;
      }
    }
  }

  RehearsalReport report() {
    RehearsalReport result;
    result.simulated = stage_.time().now().steady - begin_;
    result.starts = stage_.starts();
    result.problems = stage_.problems();
    if (!stage_.host().running()) {
      result.imbalances.push_back("The program does not run at the end: " + stage_.host().problem() + ".");
    }
    for (std::size_t i = 0; i < stage_.sources(); ++i) {
      stage_.source(i).world().advance(stage_.time().truth());
      count_messages(i, result);
      result.sources.push_back(report_source(i, result));
    }
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      result.sinks.push_back(report_sink(i, result));
    }
    return result;
  }

  void count_messages(std::size_t source, RehearsalReport& result) {
    for (const simulator::User& user : stage_.source(source).world().users()) {
      for (const simulator::Message& message : user.messages) {
        ++(message.instant < start_ ? result.history : result.messages);
      }
    }
  }

  SourceReport report_source(std::size_t index, RehearsalReport& result) {
    SourceReport report;
    report.name = stage_.options().sources[index].name;
    simulator::Simulator& api = stage_.source(index);
    const Ledger truth = take_ledger(api.world(), api.api(), std::vector<simulator::Received>{}, query(index, true),
                                     stage_.time().truth());
    report.users = truth.users;
    report.requests = truth.api_requests;
    report.expected = truth.messages_visible;
    if (truth.users_matching < truth.users) {
      result.imbalances.push_back(fmt::format("Users of the source {2} that were never found: {0} of {1}.",
                                              truth.users - truth.users_matching, truth.users, report.name));
    }
    if (!stage_.host().running()) {
      return report;
    }
    const storage::Ledger ledger = stored(index);
    report.fetched = ledger.fetched;
    report.added = ledger.added;
    report.duplicates = ledger.duplicates;
    report.rejected = ledger.rejected;
    report.stored = ledger.stored;
    if (ledger.fetched != ledger.added + ledger.duplicates + ledger.rejected || ledger.stored != ledger.added) {
      result.imbalances.push_back("The account of the source " + report.name + " does not balance.");
    }
    if (ledger.stored < static_cast<std::int64_t>(report.expected)) {
      result.imbalances.push_back(fmt::format("Messages of the source {} that were not stored: {}.", report.name,
                                              static_cast<std::int64_t>(report.expected) - ledger.stored));
    }
    return report;
  }

  SinkReport report_sink(std::size_t index, RehearsalReport& result) {
    const SinkOptions& options = stage_.options().sinks[index];
    StagedCrm* crm = stage_.crm(index);
    const simulator::Crm& receiver = stage_.sink(index);
    SinkReport report;
    report.name = options.name;
    report.type = sink_type(options_.options.sinks[index]);
    report.rehearsed_as = sink_type(options);
    report.requests = crm != nullptr ? crm->requests() : receiver.counts().requests;
    report.repeats_same_key = receiver.counts().repeats_same_key;
    report.repeats_other_key = receiver.counts().repeats_other_key;
    std::vector<Passage> all;
    std::int64_t pending = 0;
    for (std::size_t source = 0; source < stage_.sources(); ++source) {
      simulator::Simulator& api = stage_.source(source);
      const Instant now = stage_.time().truth();
      const LedgerQuery asked = query(source, options.history);
      const std::vector<simulator::Received> received =
          crm != nullptr ? crm->received(api.world(), asked.source) : receiver.received();
      const Ledger ledger = take_ledger(api.world(), api.api(), received, asked, now);
      report.expected += ledger.messages_visible;
      report.missing += ledger.missing;
      report.twice += ledger.unexpected;
      const std::vector<Passage> some = simulator::passages(api.world(), api.api(), received, asked, now);
      all.insert(all.end(), some.begin(), some.end());
      if (stage_.host().running()) {
        const storage::SinkTotals totals = totals_of(source, options.name);
        pending += totals.pending;
        report.dead += static_cast<std::uint64_t>(totals.dead);
      }
    }
    report.delivered = report.expected - report.missing;
    report.freshness = freshness_of(all, start_);
    report.backlog = backlog_of(all, start_, day * options_.days);
    for (const Passage& passage : all) {
      if (passage.arrived && passage.visible_from < start_) {
        report.history_took = std::max(report.history_took, *passage.arrived - start_);
      }
    }
    add_problem(report, pending, result);
    return report;
  }

  static void add_problem(const SinkReport& report, std::int64_t pending, RehearsalReport& result) {
    const auto say = [&](std::uint64_t count, const char* what) {
      if (count > 0) {
        result.imbalances.push_back(fmt::format("The sink {}: {}: {}.", report.name, what, count));
      }
    };
    say(report.missing, "missing messages");
    say(report.twice, "messages that the sink has more often than the source");
    say(report.dead, "dead letters");
    say(static_cast<std::uint64_t>(pending), "messages that still wait");
    // A set whose answers get lost is repeated under its key, and taken apart if that does not help.
    if (report.repeats_same_key == 0) {
      say(report.repeats_other_key, "messages sent again under another Idempotency-Key");
    }
  }

  // Selects the messages of a source that a sink should have.
  [[nodiscard]] LedgerQuery query(std::size_t source, bool with_history) const {
    LedgerQuery query;
    query.source = stage_.options().sources[source].name;
    query.since = stage_.options().sources[source].since;
    if (!with_history) {
      query.since = start_;
    }
    return query;
  }

  storage::Ledger stored(std::size_t source) {
    storage::Store& store = stage_.host().store();
    return store.ledger(store.register_source(stage_.options().sources[source].name));
  }

  storage::SinkTotals totals_of(std::size_t source, const std::string& sink) {
    for (storage::SinkTotals& totals : stored(source).sinks) {
      if (totals.sink == sink) {
        return std::move(totals);
      }
    }
    return {};
  }

  const RehearsalOptions& options_;
  Stage stage_;
  FaultPlayer player_;
  SteadyTime begin_;
  Instant start_;
};

}  // namespace

RehearsalReport rehearse(const RehearsalOptions& options) {
  return Rehearsal(options).run();
}

}  // namespace elit::daemon
