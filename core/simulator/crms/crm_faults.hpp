#pragma once

#include <string>
#include <vector>

#include "core/simulator/faults.hpp"

namespace elit::simulator {

// What can go wrong with a simulated CRM of a vendor besides the wire.
struct SimulatedCrmFaults : WireFaults {
  bool shuffled = false;      // results come in another order than the request's, where the vendor promises none
  int unmentioned_every = 0;  // each n-th record of a request is written but missing from the results; 0: none
  std::string refused_text;   // a record that holds this text anywhere is refused for good; empty: none
  std::string locked_text;    // a record that holds this text is refused for now, as the vendor does it; empty: none
  Toggle tokens_revoked;      // every access token given out before now is refused; given out from now on are good
  Toggle token_throttled;     // the token endpoint answers as the vendor does to too many calls
  int token_life_s = 0;       // how long an access token is good; 0: as long as the vendor's
  bool rotate_refresh_tokens = false;  // each use of the refresh token gives a new one
  bool old_refresh_token_dies =
      false;                      // and the old one is refused from then on at once; else once the new one was used
  double slow_commit_s = 0;       // what a request writes takes effect this much later, and its answer comes then
  Toggle locked;                  // every write is refused for now, as the vendor does it
  Toggle forbidden;               // the credentials are good and may do nothing
  Toggle quota_spent;             // the calls of the day are used up
  int window_calls_max = 0;       // more calls in 10 s are throttled, as the vendor does it; 0: no limit
  int text_length_max = 0;        // the longest text that a long field takes, in its unit; 0: the vendor's own limit
  bool errors_with_200 = false;   // where the vendor tells of errors of single records with 207, it says 200
  bool unique_activities = true;  // activities may have a property of unique values
  bool fields_creatable = true;   // the credentials may add a field to the CRM
};

[[nodiscard]] const std::vector<Setting<SimulatedCrmFaults>>& simulated_crm_fault_settings();

}  // namespace elit::simulator
