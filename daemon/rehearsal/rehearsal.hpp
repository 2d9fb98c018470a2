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
  Options options;  // the user's own; where the peers are and what opens them is not used
  int days = 7;
  FaultSchedule faults;
  std::uint64_t seed = 1;
  int users = 20;  // of each source
  double messages_per_user_day = 12;
  std::function<void(Milliseconds)> on_hour;  // each hour since the beginning, to show that it goes on; may be empty
};

// How long messages took from the moment the API showed them to their arrival.
struct Freshness {
  Milliseconds half{0};        // half of the messages took at most this
  Milliseconds most{0};        // 95 %
  Milliseconds nearly_all{0};  // 99 %
  Milliseconds worst{0};
};

// Messages that the API showed and the sink did not have yet; without those from before the beginning.
struct Backlog {
  Milliseconds step{0};                // what one of `highest` stands for
  std::vector<std::uint64_t> highest;  // the largest backlog of each step, from the beginning on
  std::uint64_t peak = 0;
  Milliseconds peak_at{0};                 // when it was reached first
  std::optional<Milliseconds> cleared_at;  // when all that waited at the peak had arrived; absent: not all did
};

struct SinkReport {
  std::string name;
  std::uint64_t expected = 0;   // messages that should be there in the end, by the simulated sources
  std::uint64_t delivered = 0;  // of these
  std::uint64_t missing = 0;
  std::uint64_t twice = 0;  // there more often than said
  std::uint64_t dead = 0;   // given up by the daemon
  std::uint64_t requests = 0;
  std::uint64_t repeats_same_key = 0;   // messages that came again under the Idempotency-Key they had before
  std::uint64_t repeats_other_key = 0;  // under another one
  Freshness freshness;
  Milliseconds history_took{0};  // after the beginning, all messages from before had arrived
  Backlog backlog;
};

struct SourceReport {
  std::string name;
  std::uint64_t users = 0;
  std::uint64_t requests = 0;  // that were answered
  std::uint64_t expected = 0;  // messages that should be stored
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::int64_t stored = 0;
};

struct RehearsalReport {
  std::uint64_t messages = 0;         // said in the days, to all sources
  std::uint64_t history = 0;          // said before
  Milliseconds simulated{0};          // the days and what it took until all was delivered
  int starts = 0;                     // of the daemon
  std::vector<std::string> problems;  // why it ended by itself
  std::vector<SourceReport> sources;
  std::vector<SinkReport> sinks;
  std::vector<std::string> imbalances;  // what is missing, twice, dead or miscounted, a sentence each

  [[nodiscard]] bool balanced() const { return imbalances.empty(); }
};

// Runs the daemon of a configuration for days in virtual time, on made-up users and messages, among simulated peers
// that fail as scheduled; then without faults until all is delivered, as long as there is hope. Touches no network, no
// file and no secret. The same options give the same report.
//
// Blocks. One at a time in a process. Requires: the schedule is for these options and days.
[[nodiscard]] RehearsalReport rehearse(const RehearsalOptions& options);

// The days before the beginning that have messages as well.
inline constexpr int rehearsal_history_days = 3;

}  // namespace elit::daemon
