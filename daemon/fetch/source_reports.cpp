// The part of SourceLoop that says what was seen: the cycle's ledger and what the operator has to know.

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>
#include <utility>

#include "daemon/fetch/source_loop.hpp"

namespace elit::daemon {

using boost::asio::awaitable;
using storage::Store;

std::string to_text(const CycleTotals& totals) {
  return std::to_string(totals.fetched) + ' ' + std::to_string(totals.added) + ' ' + std::to_string(totals.duplicates) +
         ' ' + std::to_string(totals.rejected);
}

CycleTotals cycle_totals_from(const std::string& text) {
  CycleTotals totals;
  std::istringstream in(text);
  in >> totals.fetched >> totals.added >> totals.duplicates >> totals.rejected;
  return in ? totals : CycleTotals{};
}

// For the time that `status` expects the backfill to take: nothing is said before there is something to go by.
awaitable<void> SourceLoop::save_backfill_rate() {
  const double hours = std::chrono::duration<double, std::ratio<3600>>(parts_.timer->now().steady - started_).count();
  if (histories_completed_ == 0 || schedule_.history_size() == 0 || hours <= 0) {
    co_return;
  }
  const double rate = static_cast<double>(histories_completed_) / hours;
  auto job = [source = source_, rate](Store& store) {
    store.record_fact(source, storage::backfill_rate_fact, std::to_string(rate));
  };
  co_await parts_.storage->run(std::move(job));
}

void SourceLoop::report_retention(const storage::UserState& user) {
  const std::optional<Instant> end = user.coverage.end();
  const Instant now = parts_.timer->now().wall;
  if (!end || now - *end < retention_alarm || std::exchange(retention_reported_, true)) {
    return;
  }
  parts_.log->write(
      Event::retention_near,
      "users have not been read for a long time, and the vendor keeps messages for about 30 days: what was "
      "said meanwhile may soon be gone. It is read now, the oldest first",
      {{"source", options_.name},
       {"unread_days", std::chrono::duration_cast<std::chrono::hours>(now - *end).count() / 24}});
}

void SourceLoop::report_drifts(const std::vector<std::string>& drifts) {
  for (const std::string& drift : drifts) {
    if (std::find(drifts_reported_.begin(), drifts_reported_.end(), drift) == drifts_reported_.end()) {
      drifts_reported_.push_back(drift);
      parts_.log->write(Event::drift, drift, {{"source", options_.name}});
    }
  }
}

void SourceLoop::report_lateness(const std::vector<Milliseconds>& lateness) {
  for (const Milliseconds late : lateness) {
    lateness_.add(late);
  }
  const std::optional<Milliseconds> wanted = lateness_.look_back_for(late_share_caught);
  if (lateness.empty() || !wanted || lateness_reported_ || *wanted < options_.lookback) {
    return;
  }
  lateness_reported_ = true;
  parts_.log->write(
      Event::late_messages,
      "messages become visible nearly as late as the look-back reaches, so some may come later still: raise "
      "`lookback`",
      {{"source", options_.name}, {"late", lateness_.count()}, {"lookback_wanted_ms", wanted->count()}});
}

awaitable<void> SourceLoop::write_cycle() {
  auto job = [source = source_](Store& store) { return store.ledger(source); };
  const storage::Ledger ledger = co_await parts_.storage->run(std::move(job));
  boost::json::object sinks;
  bool balanced = ledger.fetched == ledger.added + ledger.duplicates + ledger.rejected && ledger.added == ledger.stored;
  for (const storage::SinkTotals& sink : ledger.sinks) {
    sinks[sink.sink] = boost::json::object{
        {"delivered", sink.delivered}, {"pending", sink.pending}, {"dead", sink.dead}, {"suppressed", sink.suppressed}};
    balanced = balanced && ledger.added == sink.delivered + sink.pending + sink.dead + sink.suppressed;
  }
  // The cycle's own numbers are what has come since the latest event, also over a restart; the sinks' are totals.
  const CycleTotals totals{ledger.fetched, ledger.added, ledger.duplicates, ledger.rejected};
  const CycleTotals before = std::exchange(reported_, totals);
  if (!(totals == before)) {
    auto save = [source = source_, text = to_text(totals)](Store& store) {
      store.record_fact(source, CycleTotals::fact, text);
    };
    co_await parts_.storage->run(std::move(save));
  }
  co_await save_backfill_rate();
  const Fields fields{{"source", options_.name},
                      {"fetched", totals.fetched - before.fetched},
                      {"new", totals.added - before.added},
                      {"duplicate", totals.duplicates - before.duplicates},
                      {"rejected", totals.rejected - before.rejected},
                      {"sinks", boost::json::value(std::move(sinks))},
                      {"stored", ledger.stored},
                      {"followed", followed_}};
  parts_.log->write(Event::cycle, "a polling cycle is over", fields);
  if (!balanced) {
    parts_.log->write(
        Event::ledger_mismatch,
        "the ledger does not balance: messages are unaccounted for. Keep the state directory and report this", fields);
  }
}

}  // namespace elit::daemon
