#include "tests/properties/delivery_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace elit::properties {

bool DeliveryTables::is_final(DeliveryMessageId id) const {
  const auto outcome = outcomes.find(id);
  return outcome != outcomes.end() && outcome->second.state != DeliveryState::pending;
}

std::vector<OpenBatch> DeliveryTables::open_batches() const {
  std::vector<OpenBatch> open;
  for (const auto& [id, batch] : batches) {
    open.push_back(batch);
  }
  return open;
}

std::set<DeliveryMessageId> DeliveryTables::in_batches() const {
  std::set<DeliveryMessageId> ids;
  for (const auto& [id, batch] : batches) {
    ids.insert(batch.messages.begin(), batch.messages.end());
  }
  return ids;
}

std::vector<PendingMessage> DeliveryTables::list(DeliveryMessageId after, std::size_t limit, bool recorded) const {
  const std::set<DeliveryMessageId> batched = in_batches();
  std::vector<PendingMessage> pending;
  for (auto message = messages.upper_bound(after); message != messages.end() && pending.size() < limit; ++message) {
    const auto outcome = outcomes.find(message->first);
    const bool known = outcome != outcomes.end();
    if (batched.contains(message->first) || is_final(message->first) || known != recorded) {
      continue;
    }
    PendingMessage one;
    one.id = message->first;
    one.user = message->second.user;
    one.size_bytes = message->second.size_bytes;
    if (known) {
      one.attempts = outcome->second.attempts;
      one.not_before = outcome->second.not_before;
      one.first_failed = outcome->second.first_failed;
    }
    pending.push_back(one);
  }
  return pending;
}

void DeliveryTables::hold_back(const std::vector<DeliveryMessageId>& ids) {
  for (const DeliveryMessageId id : ids) {
    EXPECT_FALSE(is_final(id)) << id << " is held back after its end";
    DeliveryOutcome held;
    held.id = id;
    held.state = DeliveryState::pending;
    held.attempts = 0;
    outcomes.emplace(id, held);
  }
}

void DeliveryTables::record_scanned(DeliveryMessageId to) {
  for (const PendingMessage& passed : list(scanned_to, messages.size(), false)) {
    EXPECT_GT(passed.id, to) << "the scan passes a message that has no record";
  }
  EXPECT_GE(to, scanned_to);
  scanned_to = to;
}

DeliveryBatchId DeliveryTables::begin(const SendBatch& send) {
  if (send.stored) {
    OpenBatch& again = batches.at(*send.stored);
    EXPECT_EQ(again.messages, send.messages) << "a repeat of another set";
    EXPECT_FALSE(again.in_flight);
    again.in_flight = true;
    return again.id;
  }
  OpenBatch batch;
  batch.id = ++batch_ids_;
  batch.in_flight = true;
  const std::set<DeliveryMessageId> batched = in_batches();
  for (const DeliveryMessageId id : send.messages) {
    EXPECT_FALSE(batched.contains(id)) << id << " is in two batches";
    EXPECT_FALSE(is_final(id)) << id << " goes again after its end";
    batch.messages.push_back(id);
    batch.users.push_back(messages.at(id).user);
    batch.sizes_bytes.push_back(messages.at(id).size_bytes);
  }
  batches.emplace(batch.id, batch);
  return batch.id;
}

std::vector<DeliveryBatchId> DeliveryTables::record(DeliveryBatchId id, const DeliveryRecord& record, Instant at) {
  OpenBatch& batch = batches.at(id);
  batch.in_flight = false;
  if (const auto* failed = std::get_if<AttemptFailure>(&record)) {
    batch.answer_lost = batch.answer_lost || failed->answer_lost;
    batch.attempts += failed->charged ? 1 : 0;
    batch.not_before = failed->not_before;
    if (failed->charged) {
      batch.first_failed = batch.first_failed.value_or(at);
    }
    return {};
  }
  const auto& settled = std::get<BatchSettled>(record);
  const OpenBatch whole = std::move(batches.extract(id).mapped());
  std::multiset<DeliveryMessageId> leaving;
  for (const DeliveryOutcome& outcome : settled.outcomes) {
    leaving.insert(outcome.id);
    EXPECT_FALSE(is_final(outcome.id)) << outcome.id << " is settled twice";
    outcomes[outcome.id] = outcome;
  }
  std::vector<DeliveryBatchId> ids;
  for (const BatchSplit& split : settled.splits) {
    leaving.insert(split.messages.begin(), split.messages.end());
    OpenBatch part = whole;
    part.id = ++batch_ids_;
    part.messages = split.messages;
    part.users.clear();
    part.sizes_bytes.clear();
    for (const DeliveryMessageId message : split.messages) {
      part.users.push_back(messages.at(message).user);
      part.sizes_bytes.push_back(messages.at(message).size_bytes);
    }
    part.answer_lost = split.answer_lost;
    part.first_failed = split.first_failed;
    part.attempts += split.charged ? 1 : 0;
    part.not_before = split.not_before;
    batches.emplace(part.id, part);
    ids.push_back(part.id);
  }
  EXPECT_EQ(leaving, std::multiset<DeliveryMessageId>(whole.messages.begin(), whole.messages.end()))
      << "a batch is settled as a whole";
  return ids;
}

void DeliveryTables::requeue(DeliveryMessageId id) {
  DeliveryOutcome& outcome = outcomes.at(id);
  outcome.state = DeliveryState::pending;
  outcome.attempts = 0;
  outcome.not_before.reset();
  outcome.first_failed.reset();
}

DeliveryWorld::DeliveryWorld(const DeliverySettings& settings) : settings_(settings) {
  start();
}

void DeliveryWorld::start() {
  machine = std::make_unique<Delivery>(settings_, ++starts_);
  for (auto& [id, batch] : tables.batches) {
    // Answers to requests from before the crash are lost.
    batch.answer_lost = batch.answer_lost || batch.in_flight;
    batch.in_flight = false;
  }
  machine->start(tables.open_batches(), tables.scanned_to, now);
}

void DeliveryWorld::arrive(DeliveryUserId user, std::int64_t size_bytes) {
  tables.add(++last_, {user, size_bytes});
  machine->on_arrivals();
}

void DeliveryWorld::pass(Milliseconds time) {
  now.wall += time;
  now.steady += time;
}

void DeliveryWorld::run() {
  for (int turns = 0;; ++turns) {
    DeliveryAction action = machine->next(now);
    if (const auto* wait = std::get_if<WaitUntil>(&action)) {
      wake_up = wait->time;
      EXPECT_TRUE(!wake_up || *wake_up > now.steady) << "a wait that is over already";
      return;
    }
    if (turns > 200) {
      ADD_FAILURE() << "the machine goes round in circles";
      return;
    }
    carry_out(action);
  }
}

void DeliveryWorld::carry_out(const DeliveryAction& action) {
  if (const auto* send = std::get_if<SendBatch>(&action)) {
    decided(*send);
    writes_.emplace_back([this, send = *send] {
      const DeliveryBatchId stored = tables.begin(send);
      if (!send.stored) {
        machine->on_begun(send.batch, stored);
      }
      sent(send);
    });
    return;
  }
  while (write_one()) {
  }
  if (const auto* scan = std::get_if<ScanPending>(&action)) {
    machine->on_pending(tables.list(scan->after, static_cast<std::size_t>(scan->limit), false), now);
  } else if (const auto* load = std::get_if<LoadHeldBack>(&action)) {
    machine->on_held_back(tables.list(load->after, static_cast<std::size_t>(load->limit), true), now);
  } else if (const auto* hold = std::get_if<HoldBack>(&action)) {
    tables.hold_back(hold->messages);
  } else if (const auto* scanned = std::get_if<RecordScanned>(&action)) {
    tables.record_scanned(scanned->to);
  } else if (const auto* split = std::get_if<SplitBatch>(&action)) {
    const std::vector<DeliveryBatchId> ids = tables.record(split->stored, BatchSettled{{}, split->splits}, now.wall);
    taken_apart(*split);
    machine->on_split(split->batch, ids, now);
  } else {
    machine->on_secret(std::exchange(secret_changes, false), now);
  }
}

bool DeliveryWorld::write_one() {
  if (writes_.empty()) {
    return false;
  }
  const std::function<void()> write = std::move(writes_.front());
  writes_.pop_front();
  write();
  return true;
}

void DeliveryWorld::answer(const SendBatch& send, const DeliveryAnswer& given) {
  DeliveryRecord record = machine->on_answer(send.batch, given, now);
  const auto open = std::find_if(tables.batches.begin(), tables.batches.end(),
                                 [&send](const auto& batch) { return batch.second.messages == send.messages; });
  ASSERT_TRUE(open != tables.batches.end()) << "what is in flight is an open batch";
  writes_.emplace_back([this, handle = send.batch, batch = open->first, record = std::move(record), at = now.wall] {
    const std::vector<DeliveryBatchId> splits = tables.record(batch, record, at);
    machine->on_recorded(handle, splits, now);
  });
}

void DeliveryWorld::crash() {
  writes_.clear();
  start();
}

}  // namespace elit::properties
