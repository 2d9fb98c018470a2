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
  rejected,     // refused for good
  retry,        // refused for now
  unmentioned,  // the answer names outcomes, but none for this message: it is not delivered
};

struct MessageAnswer {
  MessageVerdict verdict = MessageVerdict::delivered;
  std::string remote_id;  // the peer's id; empty: it named none
  std::string error;      // what the peer said; empty when delivered
};

// What an answer, or its absence, says about a batch.
enum class BatchVerdict : std::uint8_t {
  answered,       // each message has its own verdict
  transient,      // try the same again later
  throttled,      // the same, and nobody is to blame: no attempt is charged
  unauthorized,   // the credential is not accepted
  misconfigured,  // the peer is somewhere else; no message is to blame
  too_large,      // fewer messages may pass
  refused,        // something in it is refused for good
};

struct DeliveryAnswer {
  BatchVerdict verdict = BatchVerdict::transient;
  std::vector<MessageAnswer> messages;      // parallel to the batch when `answered`, else empty
  std::string detail;                       // one line of ours for a log or `status`; nothing the peer wrote
  std::string reason;                       // what is kept as the last error: `detail` and an excerpt of the answer
  std::optional<Milliseconds> retry_after;  // the peer's own wish, whatever the verdict
  bool answer_lost = false;                 // the batch may have been accepted although we hold no answer
};

}  // namespace elit
