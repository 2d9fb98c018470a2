#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/simulator/crm.hpp"
#include "core/simulator/elitbuzz_api.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {

// Selects the messages that should have arrived.
struct LedgerQuery {
  std::string source;                    // only messages that the CRM received of this source; empty: all
  std::optional<Instant> since;          // only messages dated at or after it; absent: all
  std::optional<Instant> visible_until;  // only messages that were visible by then; absent: now
};

// Compares the truth with the CRM. The CRM should have only users that an answer of the Users API contained.
struct Ledger {
  std::uint64_t users = 0;
  std::uint64_t users_matching = 0;    // users that an answer of the Users API contained
  std::uint64_t messages_visible = 0;  // messages of those users, within the query
  std::uint64_t messages_served = 0;   // those in at least one answer
  std::uint64_t crm_received = 0;      // distinct keys
  std::uint64_t crm_refused = 0;       // distinct keys answered with an error and not accepted since
  // Messages that arrived after a later dated message of their user, although they came in the same request or had been
  // served well before the other one arrived. A message that was refused meanwhile may be overtaken.
  std::uint64_t crm_order_violations = 0;
  std::uint64_t missing = 0;     // by user, instant and content: expected and not received; refused ones included
  std::uint64_t unexpected = 0;  // by the same criteria: received more often than visible, thus invented or doubled
  std::vector<std::string> missing_users;  // users with missing messages, at most ten
  CrmCounts crm;
  std::uint64_t api_requests = 0;

  // Nothing is missing, doubled, invented or out of order. Repeats under the same idempotency key are allowed.
  [[nodiscard]] bool balanced() const {
    return missing == 0 && unexpected == 0 && crm_order_violations == 0 && crm.idempotency_conflicts == 0;
  }
};

// Requires: `world` was advanced to `now`.
[[nodiscard]] Ledger take_ledger(const World& world, const ElitbuzzApi& api, const Crm& crm, const LedgerQuery& query,
                                 Instant now);

// The same for the messages that a receiver got, in their order. The numbers that only a Crm counts stay 0.
[[nodiscard]] Ledger take_ledger(const World& world, const ElitbuzzApi& api, const std::vector<Received>& arrived,
                                 const LedgerQuery& query, Instant now);

// Whether the CRM should hold `message` of `user`.
[[nodiscard]] bool is_expected(const User& user, const Message& message, const ElitbuzzApi& api,
                               const LedgerQuery& query, Instant now);

// Equal for messages that readers cannot tell apart. `timestamp` is empty if it is unreadable; `content` is the result
// of comparable_content().
[[nodiscard]] std::string message_name(const std::string& user_id, const std::string& timestamp,
                                       const std::string& content);

// Writes one JSON object.
[[nodiscard]] std::string ledger_json(const Ledger& ledger);

// The sender is expected to know a message if it was served this long before another one arrived.
inline constexpr Milliseconds order_grace{2'000};

}  // namespace elit::simulator
