#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/setting.hpp"

namespace elit::simulator {

// What can go wrong between any client and any peer. The doubles without a unit are shares of the requests, drawn from
// the seed by the number of the request; together they should not exceed 1, what comes after that never happens.
struct WireFaults {
  double server_errors = 0;  // 500, not carried out
  double throttled = 0;      // 429, not carried out
  double resets = 0;         // the connection is closed instead of an answer, not carried out
  double lost_answers = 0;   // carried out, then the connection is closed instead of an answer
  double truncated = 0;      // carried out, the connection is closed inside the body
  double hangs = 0;          // no answer ever, not carried out
  double slow = 0;           // carried out, the answer comes after slow_s
  double garbage = 0;        // carried out, the answer is not HTTP
  double broken_json = 0;    // carried out, 200 with half of the body
  double html = 0;           // 200 with a maintenance page, not carried out
  double drip = 0;           // carried out, the body comes a byte now and then
  double slow_s = 2;
  double latency_s = 0;   // every answer comes after this
  int retry_after_s = 1;  // with 429 and 503; 0: no such header
  bool retry_after_date = false;
  Toggle down;          // 503 to everything
  Toggle unauthorized;  // 401 to everything
};

// What can go wrong with the Elitbuzz API besides.
struct ApiFaults : WireFaults {
  Toggle users_empty;         // the list of users is empty
  double users_shrunk = 0;    // share of the matching users that their list lacks
  std::string bad_user;       // conversations of this user always fail; empty: none
  int bad_user_status = 400;  // 400 with code 1002, or 500
  std::string api_key;        // the only key that is accepted from now on; empty: the one of the account
};

// What can go wrong with the CRM besides. A share of messages is always the same messages, chosen by their keys.
struct CrmFaults : WireFaults {
  bool results = true;        // answers name each message's outcome; otherwise a bare 200 means all
  double rejected = 0;        // share of the messages that get a result with status "error"
  std::string rejected_user;  // all messages of this user do; empty: none
  bool rejected_retryable = false;
  int rejected_times = 0;  // so often, then the message is accepted; 0: for ever
  double poison = 0;       // share of the messages that make the whole request fail with 422
  std::string poison_user;
  int messages_max = 0;       // a request with more is answered 413; 0: no limit
  std::string authorization;  // the whole header that is asked for from now on; empty: what the CRM began with
};

[[nodiscard]] const std::vector<Setting<ApiFaults>>& api_fault_settings();
[[nodiscard]] const std::vector<Setting<CrmFaults>>& crm_fault_settings();

enum class Trouble : std::uint8_t {
  none,
  down,
  unauthorized,
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

// The trouble of the next request. Takes exactly one number from `random`.
[[nodiscard]] Trouble draw_trouble(const WireFaults& faults, Milliseconds elapsed, Random& random);

// Whether the peer does what it is asked for in spite of `trouble`.
[[nodiscard]] bool carried_out(Trouble trouble);

// The answer instead of one, for a trouble that is not carried out.
[[nodiscard]] Reply refusal(Trouble trouble, const WireFaults& faults, Instant now);

// What becomes of the peer's `reply` on the way, for a trouble that is carried out.
[[nodiscard]] Reply spoiled(Trouble trouble, const WireFaults& faults, Reply reply);

}  // namespace elit::simulator
