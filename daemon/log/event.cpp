#include "daemon/log/event.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace elit::daemon {

namespace {

constexpr std::size_t event_count = static_cast<std::size_t>(Event::log_failed) + 1;

constexpr std::array<EventRow, event_count> rows{{
    {Event::started, "started", LogLevel::info, "The process has started. The message names the version."},
    {Event::ready, "ready", LogLevel::info, "The state is open and all sources and sinks are set up."},
    {Event::reloaded, "reloaded", LogLevel::info, "SIGHUP was handled; the new configuration and secrets are in use."},
    {Event::reload_refused, "reload_refused", LogLevel::error,
     "SIGHUP was refused because of a mistake in the configuration or a secret; the old configuration stays in use. "
     "The message names the mistake."},
    {Event::stopping, "stopping", LogLevel::info,
     "A stop was requested; running requests end or are abandoned safely."},
    {Event::stopped, "stopped", LogLevel::info, "The program has stopped in an orderly way. This is its last line."},
    {Event::sync_finished, "sync_finished", LogLevel::info,
     "The pass of `sync` has ended; `complete` says whether nothing is left to do."},

    {Event::users_listed, "users_listed", LogLevel::debug, "The list of an audience was read."},
    {Event::roster_alarm, "roster_alarm", LogLevel::warning,
     "The list of an audience is empty or much shorter than before. New users are followed, and nobody departs. Check "
     "the attribute and the key; if the list is right, remove the audience or raise `roster.shrink_alarm`."},
    {Event::audience_empty, "audience_empty", LogLevel::warning,
     "An audience matches nobody. Check the spelling of attribute and value; odd characters are shown as "
     "\\u{00a0}."},
    {Event::user_parked, "user_parked", LogLevel::warning,
     "A user cannot be read and is tried again later; others are read. Carries the error and the time of the retry."},
    {Event::user_recovered, "user_recovered", LogLevel::info, "A parked user can be read again."},
    {Event::user_gone, "user_gone", LogLevel::debug,
     "A departed user was read up to the departure and is no longer read."},

    {Event::cycle, "cycle", LogLevel::info,
     "A polling cycle of a source has ended. Fields: its ledger, fetched = new + duplicate + rejected, and the "
     "totals of each sink."},
    {Event::ledger_mismatch, "ledger_mismatch", LogLevel::error,
     "The ledger of a cycle does not balance: this is a bug, or another program changed the state. Keep the state and "
     "report it."},
    {Event::window_split, "window_split", LogLevel::debug,
     "A window held too many messages and is read in narrower parts."},
    {Event::window_unstable, "window_unstable", LogLevel::warning,
     "The pages of a window changed repeatedly during the read; the window stays uncovered and is read again."},
    {Event::page_failed, "page_failed", LogLevel::warning,
     "A page of conversations could not be read; it is tried again."},
    {Event::late_messages, "late_messages", LogLevel::warning,
     "Messages appeared so late that `lookback` nearly missed them; the message names the value to set."},
    {Event::retention_near, "retention_near", LogLevel::warning,
     "The oldest history that is still unread may soon be deleted by the vendor; it is read first."},
    {Event::rows_unreadable, "rows_unreadable", LogLevel::warning,
     "A list of messages holds elements that are no messages; its span stays uncovered and is read again."},
    {Event::near_copies, "near_copies", LogLevel::warning,
     "Messages came again with another text; each version is kept as a message of its own."},
    {Event::backfill_progress, "backfill_progress", LogLevel::info,
     "Histories are being read; carries how many users are complete, how many are left, and the expected time."},
    {Event::drift, "drift", LogLevel::error,
     "The API does not send what it always sent, or sends what nobody can read. What is affected is held back and "
     "stays uncovered. Carries what to do; once for each deviation."},
    {Event::dialect, "dialect", LogLevel::warning,
     "A peculiarity of the API was learnt (a page cap, uneven pages, unreadable times) and is allowed for; once for "
     "each."},
    {Event::clock_skew, "clock_skew", LogLevel::warning,
     "The clock of this machine and the peer's `Date` differ; the safer time is used. Check the time synchronisation."},

    {Event::source_paused, "source_paused", LogLevel::error,
     "The API refuses the key (401, 403); nothing is lost. The program reads the key again on reload and every 10 s."},
    {Event::source_resumed, "source_resumed", LogLevel::info,
     "The API accepts the key again; work continues where it stopped."},
    {Event::source_down, "source_down", LogLevel::error,
     "The API does not answer; requests are repeated with growing pauses."},
    {Event::source_up, "source_up", LogLevel::info, "The API answers again."},
    {Event::throttled, "throttled", LogLevel::info, "A peer asked for fewer requests; all connections to it wait."},

    {Event::delivered, "delivered", LogLevel::debug, "A sink accepted a batch."},
    {Event::delivery_retry, "delivery_retry", LogLevel::debug,
     "A batch was not accepted yet and is sent again with the same idempotency key."},
    {Event::dead_letter, "dead_letter", LogLevel::error,
     "A sink refused a message for good, or it was given up after retry.give_up_after. `key` and `user` name it; it "
     "stays in the state, and deliveries_v1 contains the whole reason."},
    {Event::contact_field_refused, "contact_field_refused", LogLevel::warning,
     "A CRM refused a contact because of mapped fields. The contact is written without these fields, and its messages "
     "are delivered. The fields are tried again when the person's data change."},
    {Event::sink_paused, "sink_paused", LogLevel::error,
     "A sink gets no messages until the cause is removed (credential, redirect, too many refusals). No message is lost."},
    {Event::sink_resumed, "sink_resumed", LogLevel::info, "A paused sink gets messages again."},
    {Event::sink_failing, "sink_failing", LogLevel::warning,
     "Requests to a sink fail; they are repeated with growing pauses."},
    {Event::sink_recovered, "sink_recovered", LogLevel::info, "A failing sink accepts messages again."},
    {Event::token_file_failed, "token_file_failed", LogLevel::error,
     "The file that keeps a sink's token cannot be read or written. Without a readable file a new token is requested; a "
     "token that cannot be kept is not used, and the sink waits."},
    {Event::contacts_adopted, "contacts_adopted", LogLevel::info,
     "A sink took contacts of the CRM that others made (`contacts.adopt`, or merged contacts), with their number."},

    {Event::storage_failed, "storage_failed", LogLevel::error,
     "The database cannot be written or read (disk full, permission, damage). What is not stored is fetched again."},
    {Event::log_failed, "log_failed", LogLevel::error,
     "Lines of this log could not be written and are lost. Written when writing works again, with the number of lines."},
}};

consteval bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].event) != i || rows[i].name.empty() || rows[i].documentation.empty()) {
      return false;
    }
  }
  return true;
}
static_assert(rows_follow_the_enumeration(), "each Event has its row, in the same order");

}  // namespace

std::span<const EventRow> event_table() {
  return rows;
}

const EventRow& row_of(Event event) {
  return rows.at(static_cast<std::size_t>(event));
}

bool is_for_journal(Event event) {
  switch (event) {
    case Event::started:
    case Event::ready:
    case Event::reloaded:
    case Event::stopping:
    case Event::stopped:
    case Event::source_resumed:
    case Event::source_up:
    case Event::sink_resumed:
    case Event::sink_failing:
    case Event::sink_recovered:
      return true;
    default:
      return row_of(event).level == LogLevel::error;
  }
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return "trace";
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "unknown";
}

std::string event_reference() {
  std::string text = R"(# Log events

One event a line, always with `ts` (RFC 3339, UTC), `level`, `event` and `msg`; further fields as the event needs.
Names and levels are stable: build alerts on `event`. This file is generated from `daemon/log/event.cpp`; rewrite it
with `ELITBUZZ_SYNC_REGENERATE=1 ./dev test Event`.

| event | level | meaning |
| --- | --- | --- |
)";
  for (const EventRow& row : rows) {
    text += fmt::format("| `{}` | {} | {} |\n", row.name, to_string(row.level), row.documentation);
  }
  return text;
}

}  // namespace elit::daemon
