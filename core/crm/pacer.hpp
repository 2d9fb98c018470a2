#pragma once

#include <deque>

#include "core/crm/preset.hpp"
#include "core/crm/response.hpp"
#include "core/instant.hpp"

namespace elit::crm {

// When the next request may go to a CRM: by what its preset says of its limits, and what the headers of its answers say
// of where we stand. Pure. An answer that lacks the headers changes nothing.
class Pacer {
 public:
  explicit Pacer(const PaceRules& rules) : rules_(rules) {}

  // The earliest time for the next request; at or before `now`: at once.
  [[nodiscard]] SteadyTime earliest(SteadyTime now) const;
  // A request goes now.
  void on_request(SteadyTime now);
  void on_answer(const ParsedResponse& response, Now now);

 private:
  void heed_burst(const ParsedResponse& response, Now now);
  void heed_budget(const ParsedResponse& response, Now now);

  PaceRules rules_;
  std::deque<SteadyTime> sent_;  // within the window, as many as it allows
  SteadyTime quiet_until_ = SteadyTime::min();
};

}  // namespace elit::crm
