#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/status/status.hpp"

namespace elit::daemon {

// What the verb `status` shows.
struct StatusReport {
  Status status;
  Instant at;
  bool running = false;               // a daemon or a `sync` holds the state directory
  std::vector<std::string> problems;  // a sentence each; empty: all is well
};

// For a person, a line for each fact and problem; ends with a line end.
[[nodiscard]] std::string to_text(const StatusReport& report);

// One JSON document; fields are only ever added.
[[nodiscard]] std::string to_json(const StatusReport& report, bool reveal_user_ids);

// The rest of the backfill at the measured pace; absent when nothing is left or the pace is not known yet.
[[nodiscard]] std::optional<std::int64_t> backfill_eta_seconds(const SourceStatus& source);

}  // namespace elit::daemon
