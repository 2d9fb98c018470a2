#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "tests/properties/choices.hpp"

namespace elit::properties {

// The durable state of one sink, as plain tables.
class DeliveryTables {
 public:
  struct Message {
    DeliveryUserId user = 0;
    std::int64_t size_bytes = 0;
  };

  void add(DeliveryMessageId id, Message message) { messages[id] = message; }
  [[nodiscard]] bool is_final(DeliveryMessageId id) const;
  [[nodiscard]] std::vector<OpenBatch> open_batches() const;
  // Messages in no open batch: those without an outcome or a record or, if `recorded`, those that are held back or
  // failed.
  [[nodiscard]] std::vector<PendingMessage> list(DeliveryMessageId after, std::size_t limit, bool recorded) const;

  void hold_back(const std::vector<DeliveryMessageId>& ids);
  void record_scanned(DeliveryMessageId to);
  [[nodiscard]] DeliveryBatchId begin(const SendBatch& send);
  // Returns the ids of the splits.
  [[nodiscard]] std::vector<DeliveryBatchId> record(DeliveryBatchId id, const DeliveryRecord& record, Instant at);
  void requeue(DeliveryMessageId id);

  std::map<DeliveryMessageId, Message> messages;
  std::map<DeliveryMessageId, DeliveryOutcome> outcomes;
  std::map<DeliveryBatchId, OpenBatch> batches;
  DeliveryMessageId scanned_to = 0;

 private:
  [[nodiscard]] std::set<DeliveryMessageId> in_batches() const;

  DeliveryBatchId batch_ids_ = 0;
};

// The delivery machine of one sink with its tables, driven as the sink's loop drives it. Writes happen later and in
// order; a crash loses those that have not happened.
class DeliveryWorld {
 public:
  explicit DeliveryWorld(const DeliverySettings& settings);

  void arrive(DeliveryUserId user, std::int64_t size_bytes);
  void pass(Milliseconds time);
  // Runs the machine until it waits. A batch that the machine decides to send is passed to `decided`, and to `sent`
  // once this decision is written.
  void run();
  // Does the oldest write that has not happened; false when there is none.
  bool write_one();
  void answer(const SendBatch& send, const DeliveryAnswer& given);
  void crash();

  DeliveryTables tables;
  std::unique_ptr<Delivery> machine;
  Now now{from_ms(1'769'850'902'345), SteadyTime{Milliseconds{5'000}}};
  std::function<void(const SendBatch&)> decided;
  std::function<void(const SendBatch&)> sent;
  std::function<void(const SplitBatch&)> taken_apart = [](const SplitBatch&) {};
  std::optional<SteadyTime> wake_up;
  bool secret_changes = false;

 private:
  void carry_out(const DeliveryAction& action);
  void start();

  DeliverySettings settings_;
  std::deque<std::function<void()>> writes_;
  DeliveryMessageId last_ = 0;
  std::uint64_t starts_ = 0;
};

}  // namespace elit::properties
