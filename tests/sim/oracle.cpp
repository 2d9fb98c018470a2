#include "tests/sim/oracle.hpp"

#include <algorithm>
#include <iostream>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/simulator/ledger.hpp"
#include "core/simulator/passage.hpp"
#include "storage/database.hpp"
#include "storage/sqlite.hpp"
#include "tests/sim/trouble.hpp"

namespace elit::sim {
namespace {

using daemon::Stage;

constexpr int missing_told_max = 4;
// The longest time from the creation of a batch to its arrival.
constexpr Milliseconds request_time_max = std::chrono::seconds{20};

// Looks for broken promises. Requires: the stage is at rest and no fault is active.
class Oracle {
 public:
  Oracle(Stage& stage, const Plan& plan, Summary& summary) : stage_(stage), plan_(plan), summary_(summary) {}

  void judge() {
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
    judge_keys();
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

  // Every message that the source ever showed of a listed user is at each CRM: once, in order.
  void judge_crms(std::size_t source) {
    simulator::Simulator& api = stage_.source(source);
    const Instant now = stage_.time().truth();
    api.world().advance(now);
    const simulator::LedgerQuery query{
        .source = options(source).name, .since = options(source).since, .visible_until = std::nullopt};
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      const simulator::Crm& crm = stage_.sink(i);
      const simulator::Ledger ledger = take_ledger(api.world(), api.api(), crm, query, now);
      const std::string place = options(source).name + " at " + stage_.options().sinks[i].name;
      expect_none(ledger.missing, "messages missing of " + place);
      expect_none(ledger.unexpected, "messages doubled or invented of " + place);
      expect_none(ledger.crm.idempotency_conflicts, "idempotency keys for two sets of messages of " + place);
      // A set whose requests get no answer again and again is taken apart, and the receiver does not see those requests
      // that the network loses.
      if (!loses_answers()) {
        expect_none(ledger.crm.repeats_other_key, "messages sent again under another idempotency key of " + place);
      }
      expect_none(ledger.crm.missing_idempotency_keys, "requests without idempotency key of " + place);
      expect_none(ledger.crm.invalid_requests, "requests that are not what the sink promises of " + place);
      summary_.messages = std::max(summary_.messages, ledger.messages_visible);
      judge_freshness(simulator::passages(api.world(), api.api(), crm.received(), query, now), source, i);
    }
    summary_.api_requests += api.api().requests();
  }

  // With healthy peers, a message waits for the next poll, for its batch and for the requests before it.
  void judge_freshness(const std::vector<simulator::Passage>& passages, std::size_t source, std::size_t sink) {
    Milliseconds worst{0};
    std::string slowest;
    int told = 0;
    for (const simulator::Passage& passage : passages) {
      if (!passage.arrived && ++told <= missing_told_max) {
        report("  missing: user " + passage.user_id + " dated " + simulator::iso_text(passage.instant) +
               " visible from " + simulator::iso_text(passage.visible_from));
      }
      if (passage.arrived && passage.visible_from > plan_.stage.start + std::chrono::hours{6} &&
          *passage.arrived - passage.visible_from > worst) {
        worst = *passage.arrived - passage.visible_from;
        slowest = "user " + passage.user_id + " dated " + simulator::iso_text(passage.instant) + " visible from " +
                  simulator::iso_text(passage.visible_from);
      }
    }
    summary_.freshness_worst = std::max(summary_.freshness_worst, worst);
    const Milliseconds bound =
        options(source).poll.interval + stage_.options().sinks[sink].batch.wait + std::chrono::minutes{1};
    if (plan_.healthy && worst > bound) {
      report("a message took " + std::to_string(worst.count()) + " ms, more than " + std::to_string(bound.count()) +
             ": " + slowest);
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
    for (const storage::SinkTotals& sink : ledger.sinks) {
      if (sink.delivered != ledger.stored) {
        report(std::to_string(ledger.stored) + " stored but " + std::to_string(sink.delivered) + " delivered to " +
               sink.sink + place + " (pending " + std::to_string(sink.pending) + ", dead " + std::to_string(sink.dead) +
               ")");
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

  // The store and each CRM hold the same keys.
  void judge_keys() {
    std::set<std::string> stored;
    const auto connection = storage::open_for_reading(stage_.disk());
    auto keys = connection->statement("SELECT key FROM messages_v1");
    while (keys.step()) {
      if (!stored.insert(keys.text(0)).second) {
        report("a key is stored twice");
      }
    }
    for (std::size_t i = 0; i < stage_.sinks(); ++i) {
      std::set<std::string> received;
      for (const simulator::Received& message : stage_.sink(i).received()) {
        received.insert(message.key);
      }
      summary_.crm_requests += stage_.sink(i).counts().requests;
      summary_.crm_repeats += stage_.sink(i).counts().repeats_same_key;
      if (received != stored) {
        report("the keys at " + stage_.options().sinks[i].name + " are not those in the store");
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

  [[nodiscard]] bool loses_answers() const {
    return happens("bad weather") ||
           std::any_of(plan_.traits.begin(), plan_.traits.end(), [](const std::string& trait) {
             return trait.starts_with("crm ") && trait != "crm refuses some messages for a while";
           });
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
  Summary& summary_;
};

void everybody_matches(Stage& stage) {
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    for (simulator::User& user : stage.source(i).world().users()) {
      user.attributes.emplace_back("followed", "yes");
    }
  }
}

Summary perform(const Plan& plan, std::ostream* narration) {
  Summary summary;
  Stage stage(plan.stage);
  everybody_matches(stage);
  const SteadyTime start = stage.time().now().steady;
  for (const Incident& incident : plan.incidents) {
    stage.run_until(start + incident.at);
    if (narration != nullptr) {
      *narration << simulator::iso_text(stage.time().truth()) << ' ' << incident.what << '\n';
    }
    stage.network().note(incident.what);
    incident.act(stage);
  }
  stage.run_until(start + plan.chaos);
  heal(stage);
  stage.run_until(stage.time().now().steady + plan.calm);
  summary.simulated = plan.chaos + plan.calm;
  summary.problems = stage.problems();
  Oracle(stage, plan, summary).judge();
  summary.trace = stage.network().trace();
  summary.starts = stage.starts();
  summary.steps = stage.host().steps();
  return summary;
}

}  // namespace

Summary perform(const Plan& plan) {
  return perform(plan, nullptr);
}

Summary perform_aloud(Plan plan, const std::string& log_file) {
  if (!log_file.empty()) {
    plan.stage.log.file = log_file;
    plan.stage.log.level = LogLevel::trace;
  }
  return perform(plan, &std::cerr);
}

}  // namespace elit::sim
