#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/options.hpp"

namespace elit::daemon {

// All events of the log. Alerts depend on these names: never rename one. Add new ones with their row in event.cpp, from
// which EVENTS.md is generated.
enum class Event {
  // the process
  started,
  ready,
  reloaded,
  reload_refused,
  stopping,
  stopped,
  sync_finished,
  // users
  users_listed,
  roster_alarm,
  audience_empty,
  user_parked,
  user_recovered,
  user_gone,
  // conversations
  cycle,
  ledger_mismatch,
  window_split,
  window_unstable,
  page_failed,
  late_messages,
  retention_near,
  rows_unreadable,
  near_copies,
  backfill_progress,
  drift,
  dialect,
  clock_skew,
  // a source as a whole
  source_paused,
  source_resumed,
  source_down,
  source_up,
  throttled,
  // a CRM
  delivered,
  delivery_retry,
  dead_letter,
  contact_field_refused,
  sink_paused,
  sink_resumed,
  sink_failing,
  sink_recovered,
  token_file_failed,
  contacts_adopted,
  // the machine
  storage_failed,
  log_failed,
};

struct EventRow {
  Event event;
  std::string_view name;  // as in the log's `event`
  LogLevel level;         // the level of every such event
  std::string_view documentation;
};

// All rows, in the order of the enumeration.
[[nodiscard]] std::span<const EventRow> event_table();

[[nodiscard]] const EventRow& row_of(Event event);

// Whether the journal gets the event also when the log is a file: errors, and changes of the state of the process, a
// source or a sink.
[[nodiscard]] bool is_for_journal(Event event);

// The name in the log and in the configuration: trace, debug, info, warning, error.
[[nodiscard]] std::string_view to_string(LogLevel level);

// The list for operators in Markdown: the content of daemon/log/EVENTS.md.
[[nodiscard]] std::string event_reference();

}  // namespace elit::daemon
