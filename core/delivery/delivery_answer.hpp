#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"

namespace elit {

// What an answer says about one message of a batch.
enum class MessageVerdict : std::uint8_t {
  delivered,
  rejected,            // refused for good
  retry,               // refused for now
  unmentioned,         // the answer names outcomes, but none for this message: it is not delivered
  unknown,             // it was sent and may have been accepted; no answer tells
  not_sent,            // something before it went wrong, or it waits behind another of its user
  refused_in_company,  // something it was sent together with is refused for good, maybe this one
};

struct MessageAnswer {
  MessageVerdict verdict = MessageVerdict::delivered;
  std::string remote_id;  // the peer's id; empty: it named none
  std::string error;      // what the peer said; empty when delivered
};

// What an answer, or its absence, says about a batch.
enum class BatchVerdict : std::uint8_t {
  answered,       // each message has its own verdict, and nothing else is amiss
  transient,      // try the same again later
  throttled,      // the same, and nobody is to blame: no attempt is charged
  unauthorized,   // the credential is not accepted
  misconfigured,  // the peer is somewhere else; no message is to blame
  too_large,      // fewer messages may pass
  refused,        // something in it is refused for good
};

// An answer to a batch as a whole, or message by message: then the batch's verdict says how to go on with the peer, and
// the messages' what becomes of each. What is neither delivered nor rejected goes again, with the same company as far
// as that is of use: the unknown ones together, those not sent together, those refused in company in two halves. The
// only one refused in company is the culprit. Messages are given one by one with `answered`, and may be with any other
// verdict but `too_large` and `refused`. Requires: behind a message of a user that was not sent there are only such of
// that user.
struct DeliveryAnswer {
  BatchVerdict verdict = BatchVerdict::transient;
  std::vector<MessageAnswer> messages;      // parallel to the batch; empty: the verdict is all that is known
  std::string detail;                       // one line of ours for a log or `status`; nothing the peer wrote
  std::string reason;                       // what is kept as the last error: `detail` and an excerpt of the answer
  std::optional<Milliseconds> retry_after;  // the peer's own wish, whatever the verdict
  bool answer_lost = false;                 // the batch may have been accepted although we hold no answer
};

}  // namespace elit
