#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/delivery/delivery.hpp"

namespace elit {

// Batches of so many messages, which wait a second to fill.
inline DeliverySettings delivery_settings(int messages = 10, int concurrency = 4) {
  DeliverySettings made;
  made.batch.messages = messages;
  made.batch.wait = std::chrono::seconds{1};
  made.concurrency = concurrency;
  return made;
}

// A sink's state in memory and a clock, for driving a Delivery by hand.
class DeliveryRig {
 public:
  explicit DeliveryRig(const DeliverySettings& settings) : machine(settings, 1) {}

  void store(DeliveryMessageId id, DeliveryUserId user, std::int64_t size_bytes = 10, Instant dated = {}) {
    messages[id] = {user, size_bytes, dated};
    machine.on_arrivals();
  }
  void pass(Milliseconds time) {
    now.wall += time;
    now.steady += time;
  }

  // Carries out everything but sending; returns the next batch to be sent, or nothing when the machine waits.
  std::optional<SendBatch> step() {
    if (!started_) {
      started_ = true;
      machine.start(open, scanned_to, now);
    }
    for (int turns = 0;; ++turns) {
      if (turns > 100) {
        ADD_FAILURE() << "the machine goes round in circles";
        return std::nullopt;
      }
      DeliveryAction action = machine.next(now);
      if (auto* send = std::get_if<SendBatch>(&action)) {
        begin(*send);
        return *send;
      }
      if (auto* wait = std::get_if<WaitUntil>(&action)) {
        wake_up = wait->time;
        EXPECT_TRUE(!wake_up || *wake_up > now.steady) << "a wait that is over already";
        return std::nullopt;
      }
      carry_out(action);
    }
  }

  // As step(), and time passes until a batch is to be sent; at most `at_most`.
  std::optional<SendBatch> step_within(Milliseconds at_most) {
    const SteadyTime end = now.steady + at_most;
    for (;;) {
      auto send = step();
      if (send || !wake_up || *wake_up > end) {
        return send;
      }
      pass(*wake_up - now.steady);
    }
  }

  void answer(const SendBatch& send, const DeliveryAnswer& given) {
    const DeliveryRecord record = machine.on_answer(send.batch, given, now);
    std::vector<DeliveryBatchId> splits;
    if (const auto* settled = std::get_if<BatchSettled>(&record)) {
      std::set<DeliveryMessageId> leaving;
      for (const auto& outcome : settled->outcomes) {
        EXPECT_TRUE(leaving.insert(outcome.id).second);
        EXPECT_FALSE(outcomes.contains(outcome.id) && outcomes[outcome.id].state != DeliveryState::pending)
            << "message " << outcome.id << " is settled twice";
        outcomes[outcome.id] = outcome;
      }
      for (const auto& split : settled->splits) {
        for (const auto id : split.messages) {
          EXPECT_TRUE(leaving.insert(id).second);
          batched.insert(id);
        }
        splits.push_back(++batch_ids_);
      }
      EXPECT_EQ(leaving, std::set<DeliveryMessageId>(send.messages.begin(), send.messages.end()));
      for (const auto& outcome : settled->outcomes) {
        batched.erase(outcome.id);
      }
      last_splits = settled->splits;
    } else {
      failures.push_back(std::get<AttemptFailure>(record));
    }
    machine.on_recorded(send.batch, splits, now);
  }

  static DeliveryAnswer whole(std::optional<Verdict> verdict, std::optional<Milliseconds> retry_after = std::nullopt) {
    DeliveryAnswer given;
    given.whole = verdict;
    given.detail = given.reason = "why";
    given.retry_after = retry_after;
    return given;
  }
  static DeliveryAnswer each(const std::vector<Verdict>& verdicts, std::optional<Verdict> of_batch = std::nullopt) {
    DeliveryAnswer given = whole(of_batch);
    for (const auto verdict : verdicts) {
      given.messages.push_back({verdict, {}, verdict == Verdict::delivered ? "" : "why"});
    }
    return given;
  }
  static DeliveryAnswer accepted(const SendBatch& send) {
    return each(std::vector(send.messages.size(), Verdict::delivered));
  }
  DeliveryState state(DeliveryMessageId id) {
    return outcomes.contains(id) ? outcomes[id].state : DeliveryState::pending;
  }
  DeliverySummary summary() const { return machine.summary(now); }

  struct Stored {
    DeliveryUserId user = 0;
    std::int64_t size_bytes = 0;
    Instant dated;
  };
  Delivery machine;
  Now now{from_ms(1'769'850'902'345), SteadyTime{Milliseconds{5'000}}};
  std::map<DeliveryMessageId, Stored> messages;
  std::map<DeliveryMessageId, DeliveryOutcome> outcomes;
  std::set<DeliveryMessageId> held;     // recorded as held back
  std::set<DeliveryMessageId> batched;  // in an open batch
  std::vector<AttemptFailure> failures;
  std::vector<BatchSplit> last_splits;
  std::vector<OpenBatch> open;
  DeliveryMessageId scanned_to = 0;
  std::optional<SteadyTime> wake_up;
  int splits_at_rest = 0;
  int secrets_asked = 0;
  bool secret_changes = false;

 private:
  void begin(const SendBatch& send) {
    if (!send.stored) {
      machine.on_begun(send.batch, ++batch_ids_);
      for (const auto id : send.messages) {
        EXPECT_TRUE(batched.insert(id).second) << "message " << id << " is in two batches";
      }
    }
  }

  std::vector<PendingMessage> list(DeliveryMessageId after, int limit, bool recorded) {
    std::vector<PendingMessage> pending;
    for (auto message = messages.upper_bound(after); message != messages.end(); ++message) {
      const bool known = outcomes.contains(message->first);
      const bool failed = held.contains(message->first) || known;
      const bool done = known && outcomes[message->first].state != DeliveryState::pending;
      if (done || batched.contains(message->first) || failed != recorded) {
        continue;
      }
      if (pending.size() == static_cast<std::size_t>(limit)) {
        break;
      }
      PendingMessage one;
      one.id = message->first;
      one.user = message->second.user;
      one.size_bytes = message->second.size_bytes;
      one.dated = message->second.dated;
      pending.push_back(one);
    }
    return pending;
  }

  void carry_out(const DeliveryAction& action) {
    if (const auto* scan = std::get_if<ScanPending>(&action)) {
      machine.on_pending(list(scan->after, scan->limit, false), now);
    } else if (const auto* load = std::get_if<LoadHeldBack>(&action)) {
      machine.on_held_back(list(load->after, load->limit, true), now);
    } else if (const auto* hold = std::get_if<HoldBack>(&action)) {
      held.insert(hold->messages.begin(), hold->messages.end());
    } else if (const auto* scanned = std::get_if<RecordScanned>(&action)) {
      for (const auto& one : list(scanned_to, 1'000'000, false)) {
        EXPECT_GT(one.id, scanned->to) << "the scan would pass a message that has no record";
      }
      scanned_to = scanned->to;
    } else if (const auto* split = std::get_if<SplitBatch>(&action)) {
      std::vector<DeliveryBatchId> ids;
      std::size_t count = 0;
      for (const auto& part : split->splits) {
        count += part.messages.size();
        ids.push_back(++batch_ids_);
      }
      EXPECT_GT(count, 1U);
      splits_at_rest += 1;
      machine.on_split(split->batch, ids, now);
    } else {
      ++secrets_asked;
      machine.on_secret(std::exchange(secret_changes, false), now);
    }
  }

  bool started_ = false;
  DeliveryBatchId batch_ids_ = 100;
};

}  // namespace elit
