#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/delivery/delivery_record.hpp"
#include "core/instant.hpp"

namespace elit {

// Where a message stands among those of its user: by its date, equal ones in the order of their release. So one that is
// found late goes before newer ones that still wait.
using DeliveryPlace = std::pair<Instant, DeliveryMessageId>;

// A message known to the delivery machine of a sink and not delivered.
struct WaitingMessage {
  DeliveryMessageId id = 0;
  DeliveryUserId user = 0;
  Instant dated;
  std::int64_t size_bytes = 0;
  int attempts = 0;
  std::optional<Instant> first_failed;
  SteadyTime arrived;                       // when it came into the line; a batch waits for company from then on
  SteadyTime due;                           // not sent before
  bool recorded = false;                    // the store knows that it was passed by: the scan need not find it again
  std::optional<std::uint64_t> refused_at;  // acceptances counted when it was first refused for good

  [[nodiscard]] DeliveryPlace place() const { return {dated, id}; }
};

// What would go into the next batch.
struct BatchSelection {
  std::vector<WaitingMessage> messages;  // ascending by place
  bool full = false;
  SteadyTime oldest;  // the earliest arrival among them
};

// The messages that wait, each user's in a line of its own: the first of a line goes before the second. A line moves
// only while nothing of its user is under way and its first message is due.
class DeliveryLine {
 public:
  // False, and nothing changed, when the message is known already, waiting or taken.
  bool add(const WaitingMessage& message, SteadyTime now);
  // The message is under way already.
  void know(DeliveryMessageId id) { known_.insert(id); }
  // The message left for good.
  void forget(DeliveryMessageId id) { known_.erase(id); }
  // Puts back a message that was taken.
  void put_back(const WaitingMessage& message, SteadyTime now);

  // What of the user is in open batches: nothing before `first`, and `busy` while some of it is under way. Until the
  // user is freed only messages before `first` may move, and only while not busy.
  void hold_user(DeliveryUserId user, DeliveryPlace first, bool busy, SteadyTime now);
  void free_user(DeliveryUserId user, SteadyTime now);
  // The user's batch failed and waits: those behind it will wait long.
  void mark_failing(DeliveryUserId user);

  // Chooses from the lines that may move, in ascending order of their first messages, at least one message if there is
  // any, at most `messages_max` and, beyond the first, `bytes_max`.
  [[nodiscard]] BatchSelection select(int messages_max, std::int64_t bytes_max, SteadyTime now);
  // Takes the selected messages out; they stay known.
  void take(const BatchSelection& selection, SteadyTime now);

  // Messages that wait behind a failure of their user and that the store has not recorded as such; they count as
  // recorded from now on. At most about `count_max`.
  [[nodiscard]] std::vector<DeliveryMessageId> take_unrecorded(std::size_t count_max);

  [[nodiscard]] std::optional<DeliveryMessageId> first_unrecorded() const;
  // When the next line that waits for its time may move.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  [[nodiscard]] bool waits_before(DeliveryUserId user, DeliveryPlace place) const;
  // The same for a message that failed and is not due yet.
  [[nodiscard]] bool fails_before(DeliveryUserId user, DeliveryPlace place, SteadyTime now) const;
  // Whether messages of anybody else wait.
  [[nodiscard]] bool has_others(DeliveryUserId user) const;
  // The earliest arrival among the first messages of the lines that may move; absent when none may.
  [[nodiscard]] std::optional<SteadyTime> oldest_ready() const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Line {
    std::map<DeliveryPlace, WaitingMessage> waiting;
    std::optional<DeliveryPlace> ceiling;  // the first message in an open batch
    bool busy = false;
    bool failing = false;
    std::optional<std::pair<DeliveryMessageId, DeliveryUserId>> ready;  // its place in ready_
    std::optional<std::pair<SteadyTime, DeliveryUserId>> deferred;      // its place in deferred_
  };

  void place(DeliveryUserId user, SteadyTime now);
  void advance(SteadyTime now);

  std::unordered_map<DeliveryUserId, Line> lines_;
  std::set<std::pair<DeliveryMessageId, DeliveryUserId>> ready_;
  std::set<std::pair<SteadyTime, DeliveryUserId>> deferred_;
  std::set<DeliveryUserId> behind_failure_;  // lines that may hold unrecorded messages behind a failure
  std::set<DeliveryMessageId> unrecorded_;
  std::unordered_set<DeliveryMessageId> known_;
  std::size_t size_ = 0;
};

}  // namespace elit
