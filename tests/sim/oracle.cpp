#include "tests/sim/oracle.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/simulator/ledger.hpp"
#include "core/simulator/timestamp_form.hpp"
#include "storage/database.hpp"
#include "storage/sqlite.hpp"
#include "tests/sim/attempts.hpp"
#include "tests/sim/status_watch.hpp"
#include "tests/sim/trouble.hpp"

namespace elit::sim {
namespace {

using daemon::Stage;
using std::chrono::hours;
using std::chrono::minutes;

constexpr int told_max = 4;
// The longest time from the creation of a batch to its arrival.
constexpr Milliseconds request_time_max = std::chrono::seconds{20};
constexpr Milliseconds look_interval = hours{1};

// Looks for broken promises. Requires: the stage is at rest and no fault is active.
class Oracle {
 public:
  // `attempts` are those to each sink.
  Oracle(Stage& stage, const Plan& plan, const std::vector<Attempts>& attempts, Summary& summary)
      : stage_(stage), plan_(plan), attempts_(attempts), summary_(summary) {}

  void judge() {
    read_keys();
    if (!stage_.host().running()) {
      report("the daemon does not run at the end: " + stage_.host().problem());
      return;
    }
    for (std::size_t source = 0; source < stage_.sources(); ++source) {
      const storage::SourceId id = stage_.host().store().register_source(options(source).name);
      judge_crms(source);
      judge_balance(source, stage_.host().store().ledger(id));
      judge_coverage(source, id);
    }
    judge_receivers();
    if (!happens("clock")) {
      judge_order();
    }
    judge_problems();
    if (plan_.healthy) {
      judge_effort();
    }
  }

 private:
  struct Stored {
    std::optional<Instant> dated;
    Instant at;
  };

  void report(std::string what) { summary_.broken.push_back(std::move(what)); }
  void expect_none(std::uint64_t count, const std::string& what) {
    if (count != 0) {
      report(std::to_string(count) + " " + what);
    }
  }
  [[nodiscard]] const SourceOptions& options(std::size_t source) const { return stage_.options().sources[source]; }

  void read_keys() {
    const auto connection = storage::open_for_reading(stage_.disk());
    auto keys = connection->statement("SELECT key, source FROM messages_v1");
    while (keys.step()) {
      if (!source_of_.emplace(keys.text(0), keys.text(1)).second) {
        report("a key is stored twice");
      }
    }
  }

  // Every message that the source ever showed of a listed user is at each CRM: once, in order.
  void judge_crms(std::size_t source) {
    simulator::Simulator& api = stage_.source(source);
    const Instant now = stage_.time().truth();
    api.world().advance(now);
    const simulator::LedgerQuery query{
        .source = options(source).name, .since = options(source).since, .visible_until = std::nullopt};
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      const simulator::Ledger ledger = take_ledger(api.world(), api.api(), received_of(stage_, source, i), query, now);
      const std::string place = options(source).name + " at " + stage_.options().sinks[i].name;
      const std::uint64_t refused = of_source(stage_.sink(i).refused_keys(), source);
      // What is refused may be a text that has changed since.
      if (happens("a text changes") ? ledger.missing > refused : ledger.missing != refused) {
        report(std::to_string(ledger.missing) + " messages missing of " + place + ", " + std::to_string(refused) +
               " refused");
      }
      expect_none(ledger.unexpected, "messages doubled or invented of " + place);
      summary_.messages = std::max(summary_.messages, ledger.messages_visible);
      tell_missing(source, i, refused);
      judge_freshness(source, i);
    }
    summary_.api_requests += api.api().requests();
  }

  [[nodiscard]] std::uint64_t of_source(const std::vector<std::string>& keys, std::size_t source) const {
    return static_cast<std::uint64_t>(std::count_if(keys.begin(), keys.end(), [&](const std::string& key) {
      const auto found = source_of_.find(key);
      return found != source_of_.end() && found->second == options(source).name;
    }));
  }

  void tell_missing(std::size_t source, std::size_t sink, std::uint64_t refused) {
    int told = 0;
    for (const simulator::Passage& passage : passages_of(stage_, source, sink)) {
      if (!passage.arrived && refused == 0 && ++told <= told_max) {
        report("  missing: user " + passage.user_id + " dated " + simulator::iso_text(passage.instant) +
               " visible from " + simulator::iso_text(passage.visible_from));
      }
    }
  }

  // A message that no fault concerns waits for the next poll, for its batch and for the requests before it, and at most
  // a minute for what is not well.
  void judge_freshness(std::size_t source, std::size_t sink) {
    const Instant from = plan_.stage.start + hours{6};
    summary_.freshness_worst =
        std::max(summary_.freshness_worst, longest_wait(stage_, source, sink, from, concerns_nothing).longest);
    if (!plan_.concern) {
      return;
    }
    const Milliseconds bound =
        options(source).poll.interval + stage_.options().sinks[sink].batch.wait + minutes{plan_.healthy ? 1 : 2};
    const Wait wait = longest_wait(stage_, source, sink, from, plan_.concern);
    if (wait.longest > bound) {
      report("a message that no fault concerns took " + std::to_string(wait.longest.count()) + " ms, more than " +
             std::to_string(bound.count()) + ": " + wait.slowest);
    }
  }

  void judge_balance(std::size_t source, const storage::Ledger& ledger) {
    const std::string place = " in the ledger of " + options(source).name;
    if (ledger.fetched != ledger.added + ledger.duplicates + ledger.rejected) {
      report("fetched is not new + duplicate + rejected" + place);
    }
    if (ledger.stored != ledger.added) {
      report("stored is not new" + place);
    }
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      const std::string& name = stage_.options().sinks[i].name;
      const auto sink = std::find_if(ledger.sinks.begin(), ledger.sinks.end(),
                                     [&name](const storage::SinkTotals& totals) { return totals.sink == name; });
      const auto refused = static_cast<std::int64_t>(of_source(stage_.sink(i).refused_keys(), source));
      if (sink->dead != refused || sink->delivered + sink->dead != ledger.stored) {
        report(std::to_string(ledger.stored) + " stored but " + std::to_string(sink->delivered) + " delivered to " +
               name + place + " (pending " + std::to_string(sink->pending) + ", dead " + std::to_string(sink->dead) +
               ", refused " + std::to_string(refused) + ")");
      }
    }
  }

  // Every user is covered without holes up to the present, except for what has not settled or is not due to be read.
  void judge_coverage(std::size_t source, storage::SourceId id) {
    const SourceOptions& source_options = options(source);
    const Instant due = stage_.time().truth() - source_options.settle - source_options.lookback -
                        source_options.poll.max_staleness * 2 - std::chrono::minutes{10};
    std::vector<storage::UserRow> rows;
    stage_.host().store().visit_users(id, [&rows](const storage::ScheduledUser& user) { rows.push_back(user.row); });
    for (const storage::UserRow row : rows) {
      const storage::UserState user = stage_.host().store().load_user(row);
      const Instant start = std::max(earliest_instant, source_options.since.value_or(earliest_instant));
      const Instant frontier = user.coverage.frontier(start);
      if (frontier < due) {
        report("a user of " + source_options.name + " is covered only to " + std::to_string((due - frontier).count()) +
               " ms before what is due");
      }
    }
    const std::size_t listed = static_cast<std::size_t>(
        std::count_if(stage_.source(source).world().users().begin(), stage_.source(source).world().users().end(),
                      [](const simulator::User& user) { return user.listed; }));
    if (rows.size() != listed) {
      report(std::to_string(listed) + " users were listed by " + source_options.name + " and " +
             std::to_string(rows.size()) + " are followed");
    }
  }

  void judge_receivers() {
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      if (daemon::StagedCrm* crm = stage_.crm(i)) {
        summary_.crm_requests += crm->requests();
      } else {
        judge_receiver(stage_.sink(i), stage_.options().sinks[i].name);
        judge_attempts(stage_.sink(i), attempts_[i], stage_.options().sinks[i].name);
      }
    }
  }

  // The store holds the keys that the receiver has, and those that it refuses.
  void judge_receiver(const simulator::Crm& crm, const std::string& name) {
    const simulator::CrmCounts& counts = crm.counts();
    expect_none(counts.idempotency_conflicts, "idempotency keys for two sets of messages at " + name);
    expect_none(counts.missing_idempotency_keys, "requests without idempotency key at " + name);
    expect_none(counts.invalid_requests, "requests that are not what the sink promises at " + name);
    summary_.crm_requests += counts.requests;
    summary_.crm_repeats += counts.repeats_same_key;
    std::set<std::string> known;
    for (const simulator::Received& message : crm.received()) {
      known.insert(message.key);
    }
    for (const std::string& key : crm.refused_keys()) {
      known.insert(key);
    }
    const bool same =
        known.size() == source_of_.size() &&
        std::all_of(known.begin(), known.end(), [this](const std::string& key) { return source_of_.contains(key); });
    if (!same) {
      report("the keys at " + name + " are not those in the store");
    }
  }

  // What came under two Idempotency-Keys was sent so with good reason.
  void judge_attempts(const simulator::Crm& crm, const Attempts& attempts, const std::string& name) {
    int told = 0;
    for (const auto& [message, keys] : crm.idempotency_keys()) {
      const std::string complaint = keys.size() > 1 ? attempts.complaint(message) : std::string{};
      if (!complaint.empty() && ++told <= told_max) {
        report("a message at " + name + ' ' + complaint + ": " + message);
      }
    }
  }

  // An older message that was stored well before a newer one of its user was delivered, was delivered before it.
  void judge_order() {
    std::unordered_map<std::string, Stored> stored;
    const auto connection = storage::open_for_reading(stage_.disk());
    auto rows = connection->statement("SELECT key, timestamp_ms, stored_ms FROM messages_v1");
    while (rows.step()) {
      stored[rows.text(0)] = {rows.maybe_instant(1), rows.instant(2)};
    }
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      std::unordered_map<std::string, std::vector<std::pair<const simulator::Received*, Stored>>> of_user;
      for (const simulator::Received& message : stage_.sink(i).received()) {
        if (const auto found = stored.find(message.key); found != stored.end() && found->second.dated) {
          of_user[message.source + ' ' + message.user_id].emplace_back(&message, found->second);
        }
      }
      for (const auto& [user, messages] : of_user) {
        judge_order_of(user, messages);
      }
    }
  }

  void judge_order_of(const std::string& user,
                      const std::vector<std::pair<const simulator::Received*, Stored>>& messages) {
    for (std::size_t late = 1; late < messages.size(); ++late) {
      const auto& [message, stored] = messages[late];
      if (message->refused_before) {
        continue;  // The CRM itself took a later message of the same request first.
      }
      for (std::size_t earlier = late; earlier-- > 0;) {
        const auto& [newer, newer_stored] = messages[earlier];
        const bool known = stored.at + request_time_max < newer->arrived;
        if (*newer_stored.dated > *stored.dated && known && !sent_around(messages, *newer, *stored.dated)) {
          report("user " + user + ": a message dated " + simulator::iso_text(*stored.dated) + ", stored " +
                 simulator::iso_text(stored.at) + ", came at " + simulator::iso_text(message->arrived) +
                 " after one dated " + simulator::iso_text(*newer_stored.dated) + " at " +
                 simulator::iso_text(newer->arrived));
          return;
        }
      }
    }
  }

  // Whether the request with `newer` also has a message of the user dated before `late`. Then its batch was created
  // when the late message was not known, and is repeated unchanged.
  static bool sent_around(const std::vector<std::pair<const simulator::Received*, Stored>>& messages,
                          const simulator::Received& newer, Instant late) {
    return std::any_of(messages.begin(), messages.end(), [&newer, late](const auto& one) {
      return one.first->request == newer.request && *one.second.dated <= late;
    });
  }

  [[nodiscard]] bool happens(std::string_view word) const {
    return std::any_of(plan_.incidents.begin(), plan_.incidents.end(),
                       [word](const Incident& incident) { return incident.what.find(word) != std::string::npos; });
  }

  // Only its disk makes the daemon end by itself.
  void judge_problems() {
    if (!happens("disk") && !summary_.problems.empty()) {
      report("the daemon ended: " + summary_.problems.front());
    }
  }

  // Every request has a reason: a list or a poll that was due, a page, or a page read again.
  void judge_effort() {
    for (std::size_t source = 0; source < stage_.sources(); ++source) {
      const SourceOptions& source_options = options(source);
      const auto polls = static_cast<std::uint64_t>(summary_.simulated / source_options.poll.interval) + 2;
      const std::uint64_t users = stage_.source(source).world().users().size();
      const std::uint64_t lists = polls * source_options.audiences.size();
      std::uint64_t messages = 0;
      for (const simulator::User& user : stage_.source(source).world().users()) {
        messages += user.messages.size();
      }
      const int cap = stage_.source(source).api().dialect().page_cap;
      const auto page = static_cast<std::uint64_t>(cap == 0 ? source_options.limits.page_size
                                                            : std::min(cap, source_options.limits.page_size));
      // A message is read when it is new, and again while the look-back reaches it.
      const auto readings = static_cast<std::uint64_t>(2 + (source_options.lookback + source_options.settle) /
                                                               source_options.poll.interval);
      const std::uint64_t pages = 2 * (messages * readings / page) + 3 * messages * readings;
      const std::uint64_t bound = lists + polls * users * 2 + pages;
      if (stage_.source(source).api().requests() > bound) {
        report(std::to_string(stage_.source(source).api().requests()) + " requests to " + source_options.name +
               ", more than " + std::to_string(bound));
      }
    }
  }

  Stage& stage_;
  const Plan& plan_;
  const std::vector<Attempts>& attempts_;
  Summary& summary_;
  std::map<std::string, std::string> source_of_;  // the stored messages, by key
};

void everybody_matches(Stage& stage) {
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    for (simulator::User& user : stage.source(i).world().users()) {
      user.attributes.emplace_back("followed", "yes");
    }
  }
}

// Keeps the requests to each generic receiver.
void witness(Stage& stage, std::vector<Attempts>& attempts) {
  attempts.resize(stage.sinks());
  stage.network().set_witness({.sent =
                                   [&](std::uint64_t number, const std::string& base_url, const HttpRequest& request) {
                                     for (std::size_t i = 0; i < stage.sinks(); ++i) {
                                       if (stage.crm(i) == nullptr &&
                                           base_url.ends_with("//sink-" + stage.options().sinks[i].name + ".invalid")) {
                                         attempts[i].on_sent(number, request);
                                       }
                                     }
                                   },
                               .ended =
                                   [&](std::uint64_t number, const Result<HttpResponse>& result) {
                                     for (Attempts& each : attempts) {
                                       each.on_ended(number, result);
                                     }
                                   }});
}

// A run of a plan.
class Run {
 public:
  Run(const Plan& plan, std::ostream* narration)
      : plan_(plan), narration_(narration), stage_(plan.stage), begin_(stage_.time().now().steady) {
    everybody_matches(stage_);
    witness(stage_, attempts_);
    looks_ = std::none_of(plan.incidents.begin(), plan.incidents.end(), [](const Incident& incident) {
      return incident.what.find("disk") != std::string::npos || incident.what.find("clock") != std::string::npos;
    });
  }

  Summary perform() {
    for (const Incident& incident : plan_.incidents) {
      advance(incident.at);
      if (narration_ != nullptr) {
        *narration_ << simulator::iso_text(stage_.time().truth()) << ' ' << incident.what << '\n';
      }
      stage_.network().note(incident.what);
      incident.act(stage_);
    }
    advance(plan_.chaos);
    heal(stage_);
    stage_.run_until(stage_.time().now().steady + plan_.calm);
    Summary summary;
    summary.simulated = plan_.chaos + plan_.calm;
    summary.problems = stage_.problems();
    summary.broken = watch_.unnamed();
    Oracle(stage_, plan_, attempts_, summary).judge();
    summary.trace = stage_.network().trace();
    summary.starts = stage_.starts();
    summary.steps = stage_.host().steps();
    summary.waits_judged = watch_.judged();
    return summary;
  }

 private:
  // Runs until so long after the beginning, and looks at the status meanwhile.
  void advance(Milliseconds until) {
    while (looks_ && begin_ + looked_ + look_interval < begin_ + until) {
      looked_ += look_interval;
      stage_.run_until(begin_ + looked_);
      watch_.look(stage_);
    }
    stage_.run_until(begin_ + until);
  }

  const Plan& plan_;
  std::ostream* narration_;
  Stage stage_;
  SteadyTime begin_;
  std::vector<Attempts> attempts_;
  StatusWatch watch_;
  bool looks_ = false;
  Milliseconds looked_{0};
};

}  // namespace

Summary perform(const Plan& plan) {
  return Run(plan, nullptr).perform();
}

Summary perform_aloud(Plan plan, const std::string& log_file) {
  if (!log_file.empty()) {
    plan.stage.log.file = log_file;
    plan.stage.log.level = LogLevel::trace;
  }
  return Run(plan, &std::cerr).perform();
}

}  // namespace elit::sim
