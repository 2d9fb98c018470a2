#pragma once

#include <deque>

#include "core/crm/preset.hpp"
#include "core/crm/response.hpp"
#include "core/instant.hpp"

namespace elit::crm {

// Decides when the next request may be sent to a CRM, from the limits in its preset and the headers of its responses.
// Does no I/O. A response without these headers has no effect.
class Pacer {
 public:
  explicit Pacer(const PaceRules& rules) : rules_(rules) {}

  // The earliest time for the next request; at or before `now`: at once.
  [[nodiscard]] SteadyTime earliest(SteadyTime now) const;
  // A request is sent now.
  void on_request(SteadyTime now);
  void on_answer(const ParsedResponse& response, Now now);

 private:
  void heed_burst(const ParsedResponse& response, Now now);
  void heed_budget(const ParsedResponse& response, Now now);

  PaceRules rules_;
  std::deque<SteadyTime> sent_;  // the latest requests within the window, at most as many as it allows
  SteadyTime quiet_until_ = SteadyTime::min();
};

}  // namespace elit::crm
