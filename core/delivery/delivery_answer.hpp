#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/delivery/verdict.hpp"
#include "core/instant.hpp"

namespace elit {

struct MessageAnswer {
  Verdict verdict = Verdict::delivered;
  std::string remote_id;   // the peer's id; empty: it named none
  std::string error;       // what the peer said; empty when delivered
  bool suspect = false;    // not_sent: the request that failed was about this message
  bool absent = false;     // not_sent: the peer was asked and does not hold it from an earlier attempt
  bool by_status = false;  // rejected: the status of a whole response says so, and everything may get the same
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
  bool may_arrive = false;                        // something that was sent got no answer, and may still be carried out
  bool elsewhere = false;  // rejected_in_company: such an answer mostly comes from an address that is not the peer's
};

[[nodiscard]] bool has(const DeliveryAnswer& answer, Verdict verdict);

// Whether what failed for now counts as an attempt; otherwise the sink as a whole waits.
[[nodiscard]] bool charges(const DeliveryAnswer& answer);

// Whether the batch is refused for good, for the sake of one message or of its size.
[[nodiscard]] bool is_refusal(const DeliveryAnswer& answer);

// Whether the answer is about the credential or the configuration.
[[nodiscard]] bool concerns_sink(const DeliveryAnswer& answer);

// Whether the peer may hold messages of the batch although it did not say so.
[[nodiscard]] bool may_be_written(const DeliveryAnswer& answer);

// Whether the peer dealt with the content of the batch, or of its messages.
[[nodiscard]] bool is_judged(const DeliveryAnswer& answer);

[[nodiscard]] Proof proof_of(const DeliveryAnswer& answer);

// Whether the peer is known not to hold those that were not sent.
[[nodiscard]] bool all_absent(const DeliveryAnswer& answer);

// Why the messages with this verdict wait.
[[nodiscard]] std::string reason_of(const DeliveryAnswer& answer, Verdict verdict);

}  // namespace elit
