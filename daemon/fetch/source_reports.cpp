// The log events and status of a source: the part of SourceLoop that reports what was seen.

#include <boost/json.hpp>
#include <cmath>
#include <sstream>
#include <utility>

#include "core/text/wording.hpp"
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

// Also records the rate, for the time that `status` expects the backfill to take.
awaitable<void> SourceLoop::write_progress() {
  const double hours = std::chrono::duration<double, std::ratio<3600>>(parts_.timer->now().steady - started_).count();
  const auto left = static_cast<std::int64_t>(machine_.histories_left());
  const std::int64_t completed = machine_.histories_completed();
  // Before anybody is complete, two requests a user are the least: a page and the proof that it was the last.
  constexpr double requests_a_user = 2;
  const bool measured = completed > 0 && hours > 0;
  const double rate = measured ? static_cast<double>(completed) / hours : client_.capacity() * 3600 / requests_a_user;
  Fields fields{{"source", options_.name}, {"complete", completed}, {"left", left}};
  std::string expected;
  if (rate > 0) {
    auto job = [source = source_, rate](Store& store) {
      store.record_fact(source, storage::backfill_rate_fact, std::to_string(rate));
    };
    co_await parts_.storage->run(std::move(job));
    const auto minutes = static_cast<std::int64_t>(std::ceil(static_cast<double>(left) / rate * 60));
    expected = (measured ? "; about " : "; at least ") + counted(minutes, "more minute", "more minutes");
    fields.emplace_back("eta_minutes", minutes);
  }
  parts_.log->write(Event::backfill_progress,
                    "histories are being read: " + std::to_string(completed) + " complete since the start, " +
                        std::to_string(left) + " left" + expected,
                    fields);
}

std::vector<std::string> SourceLoop::problems() const {
  std::vector<std::string> lines;
  for (const auto& [audience, detail] : empty_audiences_) {
    lines.push_back(detail);
  }
  for (const auto& [name, detail] : drifts_) {
    lines.push_back(detail);
  }
  return lines;
}

void SourceLoop::begin_drift(const std::string& name, const std::string& detail) {
  parts_.log->write(Event::drift, detail, {{"source", options_.name}});
  drifts_.insert_or_assign(name, detail);
  write_drift();
}

void SourceLoop::end_drift(const std::vector<std::string>& names) {
  std::size_t ended = 0;
  for (const std::string& name : names) {
    ended += drifts_.erase(name);
  }
  if (ended > 0) {
    write_drift();
  }
}

// The state has one line for all of them.
void SourceLoop::write_drift() {
  std::string line;
  for (const auto& [name, detail] : drifts_) {
    line += (line.empty() ? "" : ". ") + detail;
  }
  if (line.empty()) {
    end_condition(SourceCondition::drift);
  } else {
    begin_condition(SourceCondition::drift, std::move(line));
  }
}

void SourceLoop::report_empty(std::size_t audience) {
  const std::string attribute = quoted_text(options_.audiences[audience].attribute);
  const std::string value = quoted_text(options_.audiences[audience].value);
  const std::string detail = "the audience " + attribute + " = " + value +
                             " matches nobody: compare both with the attributes of a user in the bot. Capital letters, "
                             "blanks and quotes count";
  parts_.log->write(Event::audience_empty, detail,
                    {{"source", options_.name}, {"attribute", attribute}, {"value", value}});
  empty_audiences_.insert_or_assign(audience, detail);
}

void SourceLoop::report_withheld(const SourceNotice& notice) {
  parts_.log->write(
      Event::rows_unreadable,
      "a user's list holds elements that are no messages or lack what messages always had: their span "
      "stays uncovered and is read again, newer messages go on",
      {{"source", options_.name}, user(notice.user_id), {"count", notice.count}, {"retry_in_ms", notice.time.count()}});
  begin_condition(SourceCondition::withheld,
                  "messages of at least one user are held back, because elements of a list cannot be read; see "
                  "`rows_unreadable` (who) and `drift` (why) in the log");
}

void SourceLoop::report_notices() {
  for (const SourceNotice& notice : machine_.take_notices()) {
    report(notice);
  }
}

void SourceLoop::report(const SourceNotice& notice) {
  using Kind = SourceNotice::Kind;
  const Field source{"source", options_.name};
  switch (notice.kind) {
    case Kind::messages_stored:
      parts_.on_stored();
      break;
    case Kind::read_failed:
      parts_.log->write(Event::page_failed, "a user's conversations could not be read: " + notice.detail,
                        {source, user(notice.user_id), {"status", notice.status}});
      break;
    case Kind::user_parked:
      parts_.log->write(Event::user_parked,
                        "a user cannot be read and is parked; it is tried again, the others go on. " + notice.detail,
                        {source, user(notice.user_id), {"retry_in_ms", notice.time.count()}});
      break;
    case Kind::user_recovered:
      parts_.log->write(Event::user_recovered, "a user that failed is read again", {source, user(notice.user_id)});
      break;
    case Kind::user_gone:
      parts_.log->write(Event::user_gone,
                        "a user who matches no audience any more is read to the end and not read again",
                        {source, user(notice.user_id)});
      break;
    case Kind::window_unstable:
      parts_.log->write(
          Event::window_unstable,
          "the list changed during every pass: its rows are stored, but not counted as complete; it is read again",
          {source, user(notice.user_id)});
      break;
    case Kind::window_split:
      parts_.log->write(Event::window_split, "a window holds too many rows and is read in narrower parts",
                        {source, user(notice.user_id), {"width_ms", notice.time.count()}});
      break;
    case Kind::every_user_refused:
      parts_.log->write(Event::source_down,
                        "every user is refused: check customer_id, bot_key, base_url and api.conversations_path",
                        {source});
      record_state("failing: every user is refused", notice.detail);
      break;
    case Kind::some_user_accepted:
      record_state("running", "");
      break;
    case Kind::lists_unstable:
      begin_condition(
          SourceCondition::unstable,
          "the conversations of " + counted(notice.count, "user", "users") +
              " change during every read, so they are stored but not proven complete; see `window_unstable` "
              "in the log");
      break;
    case Kind::lists_stable:
      end_condition(SourceCondition::unstable);
      break;
    case Kind::drift:
      begin_drift(notice.name, notice.detail);
      break;
    case Kind::dialect:
      parts_.log->write(Event::dialect, notice.detail, {source});
      break;
    case Kind::rows_unreadable:
      report_withheld(notice);
      break;
    case Kind::rows_readable:
      end_condition(SourceCondition::withheld);
      end_drift(WindowReader::withholding_deviations());
      break;
    case Kind::near_copies:
      parts_.log->write(Event::near_copies,
                        "messages came again with another text, or others came in their place; each is kept and "
                        "delivered as a message of its own. Compare `raw` of the user's rows with one timestamp in "
                        "messages_v1: if a part changes at each read, shorten `lookback` until the vendor has mended "
                        "it, for each read within it makes another copy",
                        {source, user(notice.user_id), {"count", notice.count}});
      break;
    case Kind::late_messages:
      parts_.log->write(
          Event::late_messages,
          "messages become visible nearly as late as the look-back reaches, so some may come later still: raise "
          "`lookback`",
          {source, {"late", notice.count}, {"lookback_wanted_ms", notice.time.count()}});
      begin_condition(SourceCondition::late,
                      "messages become visible nearly as late as `lookback` reaches: set it to " +
                          rough_duration(notice.time) + " or more");
      break;
    case Kind::retention_near:
      parts_.log->write(
          Event::retention_near,
          "users have not been read for a long time, and the vendor keeps messages for about 30 days: what was said "
          "meanwhile may soon be gone. It is read now, the oldest first",
          {source, {"unread_days", std::chrono::duration_cast<std::chrono::hours>(notice.time).count() / 24}});
      break;
  }
}

awaitable<void> SourceLoop::write_cycle() {
  auto job = [source = source_](Store& store) {
    store.require_own_files();
    return store.ledger(source);
  };
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
  const Fields fields{{"source", options_.name},
                      {"fetched", totals.fetched - before.fetched},
                      {"new", totals.added - before.added},
                      {"duplicate", totals.duplicates - before.duplicates},
                      {"rejected", totals.rejected - before.rejected},
                      {"sinks", boost::json::value(std::move(sinks))},
                      {"stored", ledger.stored},
                      {"followed", lister_.followed()}};
  parts_.log->write(Event::cycle, "a polling cycle is over", fields);
  if (!balanced) {
    parts_.log->write(
        Event::ledger_mismatch,
        "the ledger does not balance: messages are unaccounted for. Keep the state directory and report this", fields);
  }
}

}  // namespace elit::daemon
