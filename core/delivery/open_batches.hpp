#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/delivery/delivery_line.hpp"
#include "core/delivery/delivery_pace.hpp"
#include "core/delivery/delivery_record.hpp"
#include "core/instant.hpp"

namespace elit {

// Our number of a batch while the machine knows it; 0 is none.
using BatchHandle = std::uint64_t;

enum class BatchPhase { waiting, in_flight, awaiting_id };  // awaiting_id: a split that the store has not numbered yet

struct DeliveryBatch {
  std::optional<DeliveryBatchId> stored;
  std::vector<WaitingMessage> messages;  // ascending by date, equal ones by id
  int attempts = 0;
  std::optional<Instant> first_failed;
  bool answer_lost = false;
  BatchPhase phase = BatchPhase::waiting;
  SteadyTime due;
  SteadyTime not_before = SteadyTime::min();  // an earlier attempt may arrive until then
  DeliveryPace::Ticket ticket = 0;            // of the latest attempt
  bool recording = false;                     // its latest failure is not recorded yet

  // What is known about the cause when the batch fails as a whole.
  int tries = 0;           // failures of this set; they set the distance of its attempts
  SteadyTime tried_first;  // when the first of them came
  int strikes = 0;         // how often it failed and something else was accepted after that
  bool failed = false;     // it failed, and nothing was accepted since
  bool isolated = false;   // one message that failed alone while others were accepted
  bool by_size = true;     // its failures may come from its size
  int part_of = 0;         // messages in the batch that was narrowed down to it; 0: none was
  // Acceptances counted when it was first refused for good. Absent: it was not, or failed in another way since.
  std::optional<std::uint64_t> refused_at;
  bool refused_elsewhere = false;                  // that refusal: see DeliveryAnswer::elsewhere
  std::unordered_set<DeliveryMessageId> suspects;  // those the failed request was about; empty: not known

  void set_due(SteadyTime time) { due = std::max(time, not_before); }
  [[nodiscard]] bool is_single() const { return messages.size() == 1; }
};

// The batches that are not settled, and which of them may be sent. A user's messages are in several of them at most
// in order: the batch with the user's first message goes first.
class OpenBatches {
 public:
  using Map = std::map<BatchHandle, DeliveryBatch>;

  // `line` outlives the object; it is told which users have open batches.
  explicit OpenBatches(DeliveryLine& line) : line_(line) {}

  BatchHandle open(DeliveryBatch batch, SteadyTime now);
  DeliveryBatch close(BatchHandle handle, SteadyTime now);
  void enter(DeliveryBatch& batch, BatchPhase phase, SteadyTime now);

  // Nothing earlier of its users waits elsewhere.
  [[nodiscard]] bool may_go(BatchHandle handle, const DeliveryBatch& batch) const;
  // The messages of users behind something that failed and waits, if others of the batch could go; otherwise empty.
  [[nodiscard]] std::vector<WaitingMessage> behind_failure(BatchHandle handle, const DeliveryBatch& batch,
                                                           SteadyTime now) const;

  // Of those that wait and may go, 0 if there is none: the one that is due first, what failed coming last,
  [[nodiscard]] BatchHandle first_due(SteadyTime now) const;
  // the smallest that is due, tried longest ago,
  [[nodiscard]] BatchHandle smallest_due(SteadyTime now) const;
  // one that is due and has not failed since something was accepted,
  [[nodiscard]] BatchHandle first_untried(SteadyTime now) const;
  // and the single message without strikes that was tried longest ago, due or not.
  [[nodiscard]] BatchHandle single() const;
  // Single messages without strikes that wait and may go.
  [[nodiscard]] int count_singles() const;
  [[nodiscard]] std::size_t count_beside_isolated() const;

  // Whether all of `later` waits for `earlier`.
  [[nodiscard]] bool behind(BatchHandle later, BatchHandle earlier) const;
  [[nodiscard]] bool holds(DeliveryUserId user) const { return open_of_user_.contains(user); }

  [[nodiscard]] DeliveryBatch& at(BatchHandle handle) { return batches_.at(handle); }
  [[nodiscard]] Map& all() { return batches_; }
  [[nodiscard]] const Map& all() const { return batches_; }

 private:
  void place_user(DeliveryUserId user, SteadyTime now);

  DeliveryLine& line_;
  Map batches_;
  BatchHandle handles_ = 0;
  // Each user's open batches by the user's first message in them; only the first may be sent. A new batch takes nothing
  // that is behind an open one, so it comes before all of those it shares a user with: no two batches wait for each
  // other.
  std::unordered_map<DeliveryUserId, std::map<DeliveryPlace, BatchHandle>> open_of_user_;
};

}  // namespace elit
