#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/crm/sink_design.hpp"
#include "core/options.hpp"
#include "daemon/rehearsal/fault_schedule.hpp"

namespace elit::daemon {

struct RehearsalOptions {
  Options options;           // the user's; addresses and secrets of peers are not used
  crm::SinkDesigns designs;  // of the sinks of CRMs
  int days = 7;
  FaultSchedule faults;
  std::uint64_t seed = 1;
  int users = 20;  // of each source
  double messages_per_user_day = 12;
  std::function<void(Milliseconds)> on_hour;  // each hour since the beginning, to show progress; may be empty
};

// The time of messages from the moment when the API showed them to their arrival at the sink.
struct Freshness {
  Milliseconds half{0};        // half of the messages took at most this long
  Milliseconds most{0};        // 95 %
  Milliseconds nearly_all{0};  // 99 %
  Milliseconds worst{0};
};

// Messages that the API showed and the sink did not have yet, without messages from before the beginning.
struct Backlog {
  Milliseconds step{0};                // the time span of one element of `highest`
  std::vector<std::uint64_t> highest;  // the largest backlog of each step, from the beginning on
  std::uint64_t peak = 0;
  Milliseconds peak_at{0};                 // when it was reached first
  std::optional<Milliseconds> cleared_at;  // when all messages of the peak had arrived; absent: not all did
};

struct SinkReport {
  std::string name;
  std::string type;             // as configured
  std::string rehearsed_as;     // the same if a CRM is simulated for it, otherwise http
  std::uint64_t expected = 0;   // messages that the sink should have at the end, according to the simulated sources
  std::uint64_t delivered = 0;  // of the expected ones
  std::uint64_t missing = 0;
  std::uint64_t twice = 0;  // messages that the sink has more often than the source
  std::uint64_t dead = 0;   // messages recorded as dead letters
  std::uint64_t requests = 0;
  std::uint64_t repeats_same_key = 0;   // messages that came again under the Idempotency-Key they had before
  std::uint64_t repeats_other_key = 0;  // under another one
  Freshness freshness;
  Milliseconds history_took{0};  // when all earlier messages had arrived, from the beginning on
  Backlog backlog;
};

struct SourceReport {
  std::string name;
  std::uint64_t users = 0;
  std::uint64_t requests = 0;  // requests that got a response
  std::uint64_t expected = 0;  // messages that should be stored
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::int64_t stored = 0;
};

struct RehearsalReport {
  std::uint64_t messages = 0;         // of the rehearsed days, of all sources
  std::uint64_t history = 0;          // messages from before
  Milliseconds simulated{0};          // the days, and the time after them until everything was delivered
  int starts = 0;                     // of the daemon
  std::vector<std::string> problems;  // why the daemon ended by itself
  std::vector<SourceReport> sources;
  std::vector<SinkReport> sinks;
  std::vector<std::string> imbalances;  // a sentence for each number that is wrong: missing, doubled, dead, miscounted

  [[nodiscard]] bool balanced() const { return imbalances.empty(); }
};

// Runs the daemon of a configuration for days in virtual time, with simulated users, messages and peers and with the
// scheduled faults. Then it runs without faults until everything has arrived or a time limit, which depends on the
// intervals and pauses of the options, has passed. Uses no network, no file and no secret. The same options give the
// same report.
//
// Blocks. Only one call at a time in a process. Requires: the schedule is for these options and days.
[[nodiscard]] RehearsalReport rehearse(const RehearsalOptions& options);

// The number of days before the beginning that have messages.
inline constexpr int rehearsal_history_days = 3;

}  // namespace elit::daemon
