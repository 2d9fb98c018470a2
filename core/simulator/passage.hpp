#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/simulator/ledger.hpp"

namespace elit::simulator {

// The times of one message between source and CRM.
struct Passage {
  std::string user_id;
  Instant instant;                 // its date
  Instant visible_from;            // when the API began to show the message
  std::optional<Instant> arrived;  // when the CRM first accepted it; absent: not yet
};

// The passages of all messages that take_ledger expects for the same arguments, in no particular order. Messages that
// no reader can tell apart are matched in the order in which they became visible.
[[nodiscard]] std::vector<Passage> passages(const World& world, const ElitbuzzApi& api,
                                            const std::vector<Received>& arrived, const LedgerQuery& query,
                                            Instant now);

}  // namespace elit::simulator
