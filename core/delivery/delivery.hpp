#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/delivery/batch_size.hpp"
#include "core/delivery/delivery_answer.hpp"
#include "core/delivery/delivery_line.hpp"
#include "core/delivery/delivery_pace.hpp"
#include "core/delivery/delivery_record.hpp"
#include "core/delivery/narrowing.hpp"
#include "core/delivery/open_batches.hpp"
#include "core/delivery/pending_scan.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

struct DeliverySettings {
  BatchOptions batch;
  int concurrency = 1;
  RetryOptions retry;
  DeadLetterOptions dead_letters;
  // What got no answer may still be carried out for so long. Until then its batch is not sent again, so that a repeat
  // finds what was written, and nothing newer of its users is written before something older.
  Milliseconds late_arrival{0};
};

// What to do next. Everything but SendBatch is done before next() is asked again.
struct ScanPending {  // list pending messages -> on_pending
  DeliveryMessageId after = 0;
  int limit = 0;
};
struct LoadHeldBack {  // list those held back or failed -> on_held_back
  DeliveryMessageId after = 0;
  int limit = 0;
};
struct HoldBack {  // record that they wait behind an earlier one of their user
  std::vector<DeliveryMessageId> messages;
};
struct RecordScanned {  // record how far the scan need not look again
  DeliveryMessageId to = 0;
};
struct ReloadSecret {};  // read the refused secret again -> on_secret
struct SendBatch {       // record the attempt, then send -> on_begun (if new), on_answer, on_recorded
  BatchHandle batch = 0;
  std::optional<DeliveryBatchId> stored;  // absent: the batch is new and is to be created
  std::vector<DeliveryMessageId> messages;
  bool lost_before = false;  // an earlier attempt may have been accepted
};
struct SplitBatch {  // record that a batch at rest is these batches from now on -> on_split
  BatchHandle batch = 0;
  DeliveryBatchId stored = 0;
  std::vector<BatchSplit> splits;
};
struct WaitUntil {  // nothing to do before, unless an event comes; absent: nothing at all
  std::optional<SteadyTime> time;
};
using DeliveryAction =
    std::variant<ScanPending, LoadHeldBack, HoldBack, RecordScanned, ReloadSecret, SendBatch, SplitBatch, WaitUntil>;

// What an answer means for the state.
struct AttemptFailure {  // the batch waits to be repeated as it is
  std::string error;
  bool answer_lost = false;
  bool charged = false;
  Instant not_before;  // the peer's wish; our own backoff is not recorded, a new start tries once at once
};
struct BatchSettled {
  std::vector<DeliveryOutcome> outcomes;  // one for each message that is in no split
  std::vector<BatchSplit> splits;
};
using DeliveryRecord = std::variant<AttemptFailure, BatchSettled>;

struct DeliverySummary {
  SinkState state = SinkState::running;
  std::string reason;        // why it is failing or paused; empty while it is running
  bool settled = false;      // all that is known is delivered or dead, and the store has been looked through
  int in_flight = 0;         // requests
  std::size_t waiting = 0;   // messages known, not delivered, and in no request
  std::size_t isolated = 0;  // of those, the ones that fail alone while others are accepted
  std::optional<SteadyTime> held_until;  // until then requests are held because the receiver asked for it
  std::optional<SteadyTime> wake_up;     // when something is due next, if it is not now
};

// Decides which messages go to one sink, in which batches, in which order and when. Pure: it is told what happened and
// says what to do; of a message it knows the id, the user, the date and the size.
//
// A user's messages are sent by date, those of one date by id: none is sent while an earlier one, known at the time, is
// in flight or waits, and within one request they stand in that order. A batch that fails as a whole is repeated as the
// same set, and taken apart when it fails again while others are accepted (narrowing.hpp). While requests fail, one is
// sent at a time. Memory is bounded: past a few thousand waiting messages it looks no further.
class Delivery {
 public:
  Delivery(const DeliverySettings& settings, std::uint64_t seed);

  // What the store knows. `scanned_to` is where the scan goes on; `accepted_before`: the sink has delivered messages.
  // Requires: called once, first.
  void start(const std::vector<OpenBatch>& open, DeliveryMessageId scanned_to, Now now, bool accepted_before = false);

  // Requires: the action before was carried out.
  [[nodiscard]] DeliveryAction next(Now now);

  // The answers to ScanPending and LoadHeldBack: ascending, at most as many as asked for; fewer mean there are no more.
  void on_pending(const std::vector<PendingMessage>& pending, Now now);
  void on_held_back(const std::vector<PendingMessage>& held, Now now);
  void on_secret(bool changed, Now now) { pace_.on_secret(changed, now.steady); }
  void on_begun(BatchHandle handle, DeliveryBatchId stored);
  // What to record. The messages are free for what follows at once: records are kept in the order they were asked for.
  [[nodiscard]] DeliveryRecord on_answer(BatchHandle handle, const DeliveryAnswer& answer, Now now);
  // It is recorded; `splits` are the store's ids of the splits, in their order.
  void on_recorded(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now);
  // The same for SplitBatch.
  void on_split(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now) {
    number_splits(handle, splits, now);
  }

  // There may be new messages.
  void on_arrivals() { scan_.on_arrivals(); }
  // Ends every wait for the receiver: the operator has changed something.
  void try_at_once(Now now) { pace_.try_at_once(now.steady); }
  // Do not wait for batches to fill.
  void hurry(bool on) { hurry_ = on; }

  [[nodiscard]] DeliverySummary summary(Now now) const;

 private:
  void add_waiting(const std::vector<PendingMessage>& pending, bool recorded, Now now);
  [[nodiscard]] bool may_open() const;

  // What is sent next, or taken apart; absent: nothing now.
  [[nodiscard]] std::optional<DeliveryAction> pick(Now now);
  [[nodiscard]] std::optional<DeliveryAction> probe(Now now);
  [[nodiscard]] BatchHandle pick_fresh(SteadyTime now);
  [[nodiscard]] BatchHandle pick_new(SteadyTime now, int messages_max);
  [[nodiscard]] bool wants_another_probe() const;
  [[nodiscard]] bool may_be_probed(BatchHandle handle, const DeliveryBatch& batch, SteadyTime now) const;
  [[nodiscard]] SendBatch send(BatchHandle handle, Now now);
  [[nodiscard]] std::optional<SplitBatch> narrow(Now now);
  [[nodiscard]] SplitBatch narrow_down(BatchHandle handle, Now now);
  [[nodiscard]] SplitBatch split(BatchHandle handle, TwoParts parts, Now now);
  [[nodiscard]] SplitBatch split_probe(BatchHandle handle, Now now);
  [[nodiscard]] std::optional<DeliveryMessageId> scanned_to() const;
  [[nodiscard]] std::optional<SteadyTime> wake_up(SteadyTime now) const;

  void on_accepted(SteadyTime now);
  void isolate(DeliveryBatch& batch);
  [[nodiscard]] bool is_suspected(const DeliveryBatch& batch) const;
  [[nodiscard]] bool nobody_else_waits(const DeliveryBatch& batch) const;
  void pace_by(const DeliveryBatch& batch, const DeliveryAnswer& answer, Now now);
  DeliveryRecord fail(BatchHandle handle, const DeliveryAnswer& answer, bool charged, Now now);
  DeliveryRecord refuse(BatchHandle handle, const DeliveryAnswer& answer, Now now);
  DeliveryRecord refuse_for_good(BatchHandle handle, const DeliveryAnswer& answer, Now now);
  DeliveryRecord doubt(BatchHandle handle, const DeliveryAnswer& answer, Now now);
  DeliveryRecord settle(BatchHandle handle, const DeliveryAnswer& answer, bool charged, Now now);
  DeliveryOutcome settle_message(const DeliveryBatch& batch, WaitingMessage message, Verdict verdict,
                                 const MessageAnswer& answer, bool accepts, Now now);
  void split_up(BatchHandle handle, const DeliveryBatch& whole, const std::vector<Verdict>& verdicts,
                const DeliveryAnswer& answer, bool charged, Now now, BatchSettled& settled);
  void give_up(const DeliveryBatch& batch, const std::string& error, std::vector<DeliveryOutcome>& outcomes);
  // Opens a batch of `messages`, which were in `whole`, until now `handle`. `split` says what became of them,
  // `accepts` whether the answer accepts others.
  void split_off(BatchHandle handle, const DeliveryBatch& whole, std::vector<WaitingMessage> messages, BatchSplit split,
                 SteadyTime due, bool accepts, Now now, BatchSettled& settled);
  // The same in two halves, or as one when there is one message.
  void halve(BatchHandle handle, const DeliveryBatch& whole, const std::vector<WaitingMessage>& messages,
             const std::string& error, Now now, BatchSettled& settled);
  DeliveryOutcome keep(WaitingMessage message, const std::string& error, Milliseconds delay, Now now);
  [[nodiscard]] bool gives_up(std::optional<Instant> first_failed, Now now) const;
  void number_splits(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now);
  void count_refusal(DeliveryPace::Ticket ticket, const std::string& reason, Now now);
  void count_doubtful_refusal(DeliveryPace::Ticket ticket, const std::string& reason, Now now);

  DeliverySettings settings_;
  Backoff backoff_;
  Random random_;
  DeliveryPace pace_;
  DeliveryLine line_;
  OpenBatches batches_;
  BatchSize size_;
  PendingScan scan_;
  std::unordered_map<BatchHandle, std::vector<BatchHandle>> awaiting_id_;  // splits by the batch they come from
  int in_flight_ = 0;
  std::uint64_t accepted_ = 0;  // answers that accepted something
  int failures_ = 0;            // of whole batches since something was accepted
  int refusals_ = 0;            // for good, in a row
  int doubtful_refusals_ = 0;   // of single messages since something was accepted, that everything may get
  bool started_ = false;
  bool hurry_ = false;
};

}  // namespace elit
