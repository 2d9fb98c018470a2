#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/setting.hpp"

namespace elit::simulator {

// Faults between any client and any peer. A double without a unit is a share of the requests; the seed and the number
// of a request decide whether it is one of them. The shares should sum up to at most 1; faults beyond that never
// happen.
struct WireFaults {
  double server_errors = 0;  // 500, not carried out
  double throttled = 0;      // 429, not carried out
  double resets = 0;         // the connection is closed instead of a response, not carried out
  double lost_answers = 0;   // carried out, then the connection is closed instead of a response
  double truncated = 0;      // carried out, the connection is closed inside the body
  double hangs = 0;          // no response ever, not carried out
  double slow = 0;           // carried out, the response comes after slow_s
  double garbage = 0;        // carried out, the response is not HTTP
  double broken_json = 0;    // carried out, 200 with half of the body
  double html = 0;           // 200 with a maintenance page, not carried out
  double drip = 0;           // carried out, the body comes byte by byte
  double slow_s = 2;
  double latency_s = 0;   // every response comes after this
  int retry_after_s = 1;  // with 429 and 503; 0: no such header
  bool retry_after_date = false;
  Toggle down;           // 503 to everything
  Toggle unauthorized;   // 401 to everything
  Toggle wrong_address;  // wrong_address_status to everything
  int wrong_address_status = 404;
};

// Further faults of the Elitbuzz API.
struct ApiFaults : WireFaults {
  Toggle users_empty;         // the list of users is empty
  double users_shrunk = 0;    // share of the matching users that is missing in the list
  std::string bad_user;       // conversations of this user always fail; empty: none
  int bad_user_status = 400;  // 400 with code 1002, or 500
  std::string api_key;        // the only key that is accepted from now on; empty: that of the account
};

// Further faults of the CRM. A share of messages always means the same messages, chosen by their keys.
struct CrmFaults : WireFaults {
  bool results = true;        // answers name the outcome of each message; false: a bare 200 means all
  double rejected = 0;        // share of the messages that get a result with status "error"
  std::string rejected_user;  // all messages of this user get one; empty: none
  bool rejected_retryable = false;
  int rejected_times = 0;  // the number of refusals before the message is accepted; 0: it never is
  double poison = 0;       // share of the messages whose whole request fails with poison_status
  std::string poison_user;
  int poison_status = 422;
  double message_s = 0;       // every response comes this much later for each message of its request
  int messages_max = 0;       // a request with more is answered 413; 0: no limit
  std::string authorization;  // the Authorization header that is required from now on; empty: as at the start
};

[[nodiscard]] const std::vector<Setting<ApiFaults>>& api_fault_settings();
[[nodiscard]] const std::vector<Setting<CrmFaults>>& crm_fault_settings();

enum class Trouble : std::uint8_t {
  none,
  down,
  unauthorized,
  wrong_address,
  server_error,
  throttled,
  reset,
  lost_answer,
  truncated,
  hang,
  slow,
  garbage,
  broken_json,
  html,
  drip,
};

// Draws the fault of the next request. Takes exactly one number from `random`.
[[nodiscard]] Trouble draw_trouble(const WireFaults& faults, Milliseconds elapsed, Random& random);

// Whether the peer carries out a request that has this fault.
[[nodiscard]] bool carried_out(Trouble trouble);

// The reply to a request that is not carried out because of its fault.
[[nodiscard]] Reply refusal(Trouble trouble, const WireFaults& faults, Instant now);

// The peer's `reply` after the fault has changed it. Requires: the request is carried out.
[[nodiscard]] Reply spoiled(Trouble trouble, const WireFaults& faults, Reply reply);

}  // namespace elit::simulator
