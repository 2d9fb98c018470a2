#pragma once

#include <string>
#include <vector>

#include "core/simulator/faults.hpp"

namespace elit::simulator {

// Faults of a simulated CRM in addition to those of the wire.
struct SimulatedCrmFaults : WireFaults {
  bool shuffled = false;      // results come in another order than in the request, where the CRM promises none
  int unmentioned_every = 0;  // each n-th record of a request is written but missing from the results; 0: none
  std::string refused_text;   // a record that contains this text anywhere is refused for good; empty: none
  std::string locked_text;    // a record that contains this text is refused for now, as the CRM does it; empty: none
  Toggle tokens_revoked;      // access tokens given out before are refused; later ones are valid
  Toggle token_throttled;     // the token endpoint answers as after too many calls
  int token_life_s = 0;       // how long an access token is valid; 0: as long as the CRM's
  bool rotate_refresh_tokens = false;   // each use of the refresh token gives a new one
  bool old_refresh_token_dies = false;  // and refuses the old one at once; false: once the new one was used
  double slow_commit_s = 0;             // the writes of a request take effect this much later, then its answer comes
  Toggle locked;                        // every write is refused for now, as the CRM does it
  Toggle forbidden;                     // the credentials are valid but have no rights
  Toggle quota_spent;                   // the calls of the day are used up
  int window_calls_max = 0;             // more calls in 10 s are throttled, as the CRM does it; 0: no limit
  int text_length_max = 0;              // the longest text of a long field, in its unit; 0: the CRM's own limit
  bool errors_with_200 = false;         // 200 where the CRM reports errors of single records with 207
  bool unique_activities = true;        // activities may have a property with unique values
  bool duplicate_check = true;          // EspoCRM: the field cElitKey is compared to find duplicates
  std::string required_field;           // EspoCRM: a field that new records have to have; empty: no further one
  int late_every = 0;                   // each n-th write gets no answer and arrives late_s later; 0: none
  double late_s = 2;
  bool fields_creatable = true;  // the credentials may add a field to the CRM
};

[[nodiscard]] const std::vector<Setting<SimulatedCrmFaults>>& simulated_crm_fault_settings();

}  // namespace elit::simulator
