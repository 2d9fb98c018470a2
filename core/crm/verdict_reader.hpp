#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/crm/heard_answer.hpp"
#include "core/crm/preset.hpp"
#include "core/instant.hpp"

// Verdict rules: the first that holds decides.
namespace elit::crm {

// Null when none holds.
[[nodiscard]] const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const HeardAnswer& heard,
                                          const boost::json::value* element);

// How long the answer asks to wait: by its Retry-After and by `rule`, which may be null; the longer counts.
[[nodiscard]] std::optional<Milliseconds> wish_of(const VerdictRule* rule, const HeardAnswer& heard, Instant now);

// An answer that is no good one, in words.
struct WholeReading {
  Verdict verdict = Verdict::unknown;
  std::string detail;
  std::string reason;
  std::string remote_id;
  std::optional<Milliseconds> wait;
};
// `tables` in the order in which they are asked; where no rule speaks the status does. `place` begins the detail.
[[nodiscard]] WholeReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables,
                                      const std::string& place, const HeardAnswer& heard, Instant now);

[[nodiscard]] bool is_good(const std::vector<std::pair<int, int>>& statuses, const std::vector<Condition>& conditions,
                           const HeardAnswer& heard);

}  // namespace elit::crm
