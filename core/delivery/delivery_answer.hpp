#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/delivery/verdict.hpp"
#include "core/instant.hpp"

namespace elit {

struct MessageAnswer {
  Verdict verdict = Verdict::delivered;
  std::string remote_id;  // the peer's id; empty: it named none
  std::string error;      // what the peer said; empty when delivered
};

// The answer to a batch: a verdict on the whole, one for each message, or both. With both, `whole` says how to go on
// with the peer, and the messages' verdicts what becomes of each. What is neither delivered nor rejected is sent again:
// the unknown ones together, those not sent together, those rejected in company in two halves. The only one rejected in
// company is the culprit.
//
// Requires: `whole` is absent, or retry, unknown, throttled, unauthorized or misconfigured, or, without `messages`,
// too_large or rejected_in_company. A message's verdict is delivered, rejected, retry, unmentioned, unknown, not_sent
// or rejected_in_company. Behind a message of a user that was not sent there are only such of that user.
struct DeliveryAnswer {
  std::optional<Verdict> whole = Verdict::retry;  // absent: nothing is wrong but with single messages
  std::vector<MessageAnswer> messages;            // parallel to the batch; empty: `whole` is all that is known
  std::string detail;                             // one line of ours for a log or `status`; nothing the peer wrote
  std::string reason;                             // the last error to record: `detail` and an excerpt of the answer
  std::optional<Milliseconds> retry_after;        // the peer's own wish, whatever the verdict
};

}  // namespace elit
