#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "daemon/rehearsal/fault_schedule.hpp"

namespace elit::daemon {

struct RehearsalOptions {
  Options options;  // of the user; addresses and secrets of peers are not used
  int days = 7;
  FaultSchedule faults;
  std::uint64_t seed = 1;
  int users = 20;  // of each source
  double messages_per_user_day = 12;
  std::function<void(Milliseconds)> on_hour;  // each hour since the beginning, to show progress; may be empty
};

// How long messages took from the moment the API showed them to their arrival.
struct Freshness {
  Milliseconds half{0};        // half of the messages took at most this
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
  std::string type;             // as the configuration has it
  std::string rehearsed_as;     // the same if a CRM is simulated for it, otherwise http
  std::uint64_t expected = 0;   // messages that should be there at the end, according to the simulated sources
  std::uint64_t delivered = 0;  // of the expected ones
  std::uint64_t missing = 0;
  std::uint64_t twice = 0;  // there more often than at the source
  std::uint64_t dead = 0;   // dead letters
  std::uint64_t requests = 0;
  std::uint64_t repeats_same_key = 0;   // messages that came again under the Idempotency-Key they had before
  std::uint64_t repeats_other_key = 0;  // under another one
  Freshness freshness;
  Milliseconds history_took{0};  // how long after the beginning all earlier messages had arrived
  Backlog backlog;
};

struct SourceReport {
  std::string name;
  std::uint64_t users = 0;
  std::uint64_t requests = 0;  // that got a response
  std::uint64_t expected = 0;  // messages that should be stored
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::int64_t stored = 0;
};

struct RehearsalReport {
  std::uint64_t messages = 0;         // of the rehearsed days, of all sources
  std::uint64_t history = 0;          // from before
  Milliseconds simulated{0};          // the days and the time until everything was delivered
  int starts = 0;                     // of the daemon
  std::vector<std::string> problems;  // why the daemon ended by itself
  std::vector<SourceReport> sources;
  std::vector<SinkReport> sinks;
  std::vector<std::string> imbalances;  // a sentence for each missing, doubled, dead or miscounted number

  [[nodiscard]] bool balanced() const { return imbalances.empty(); }
};

// Runs the daemon of a configuration for days in virtual time, on made-up users and messages, against simulated peers
// that fail as scheduled; then without faults until everything has arrived or a time limit, which follows from the
// intervals and pauses of the options, has passed. Touches no network, no file and no secret. The same options give the
// same report.
//
// Blocks. One call at a time in a process. Requires: the schedule is for these options and days.
[[nodiscard]] RehearsalReport rehearse(const RehearsalOptions& options);

// The days before the beginning that also have messages.
inline constexpr int rehearsal_history_days = 3;

}  // namespace elit::daemon
