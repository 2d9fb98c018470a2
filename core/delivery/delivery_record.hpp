#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/text/time_zone.hpp"

// What is known and recorded about deliveries to a sink; the delivery machine decides on it, the store keeps it.
namespace elit {

using DeliveryMessageId = std::int64_t;  // ascending in the order in which messages are released to the sinks
using DeliveryUserId = std::int64_t;     // our number for a user of a source
using DeliveryBatchId = std::int64_t;

// A message that waits for its delivery.
struct PendingMessage {
  DeliveryMessageId id = 0;
  DeliveryUserId user = 0;
  Instant dated;                // its place among those of its user; equal ones go by id
  std::int64_t size_bytes = 0;  // of the row's JSON, roughly what it adds to a batch
  int attempts = 0;
  std::optional<Instant> not_before;  // set for those that failed before
  std::optional<Instant> first_failed;
};

// A set of messages that was, is or will be sent together under one idempotency key; it outlives restarts until it is
// settled, so that a repeat is the same set.
struct OpenBatch {
  DeliveryBatchId id = 0;
  std::vector<DeliveryMessageId> messages;  // ascending by date, equal ones by id
  std::vector<DeliveryUserId> users;        // parallel to `messages`
  std::vector<Instant> dates;               // parallel to `messages`; empty: all alike
  std::vector<std::int64_t> sizes_bytes;    // likewise, as in PendingMessage
  int attempts = 0;
  bool in_flight = false;    // bytes may have left and no answer is recorded
  bool answer_lost = false;  // an earlier attempt's answer was lost
  std::optional<Instant> first_failed;
  std::optional<Instant> not_before;
  std::optional<Instant> updated;  // when its latest failure was recorded
};

enum class DeliveryState { pending, delivered, dead, suppressed };

struct DeliveryOutcome {
  DeliveryMessageId id = 0;
  DeliveryState state = DeliveryState::delivered;
  int attempts = 1;
  std::string remote_id;                // the peer's id; empty: it named none
  std::string error;                    // for pending and dead
  std::optional<Instant> not_before;    // for pending
  std::optional<Instant> first_failed;  // for pending
};

// Messages of a batch that is settled which are a batch of their own from now on and wait to be sent. The attempts of
// the whole count for them too.
struct BatchSplit {
  std::vector<DeliveryMessageId> messages;  // in the order of the whole
  bool answer_lost = false;                 // they may have been accepted
  bool charged = false;                     // the attempt counts for them
  std::string error;                        // why they wait; empty: nothing new
  std::optional<Instant> not_before;        // the peer's wish
  std::optional<Instant> first_failed;      // when this set failed first
};

// A day of a user that the messages of a batch touch: what else of it is delivered has to be known before work is made
// of them.
struct TouchedDay {
  DeliveryUserId user = 0;
  std::optional<CalendarDay> day;  // absent: messages without a readable instant
};

}  // namespace elit
