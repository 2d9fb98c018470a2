#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/simulator/ledger.hpp"

namespace elit::simulator {

// The times of one message on its way from the source to the CRM.
struct Passage {
  std::string user_id;
  Instant instant;                 // its date
  Instant visible_from;            // when the API began to show it
  std::optional<Instant> arrived;  // when the CRM first took it; absent: not yet
};

// The passages of all messages that take_ledger expects for the same arguments, in no particular order. Messages that
// no reader can tell apart are matched in the order in which they became visible.
[[nodiscard]] std::vector<Passage> passages(const World& world, const ElitbuzzApi& api,
                                            const std::vector<Received>& arrived, const LedgerQuery& query,
                                            Instant now);

}  // namespace elit::simulator
