#include <gmock/gmock.h>

#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Ids = std::vector<MessageId>;

class StoreDeliveringTest : public StoreTest {
 protected:
  StoreDeliveringTest() : user_(follow("919800000001")) { sink_ = store().register_sinks({{"crm", true}}).front(); }

  static Ids ids_of(const std::vector<PendingMessage>& pending) {
    Ids ids;
    for (const PendingMessage& message : pending) {
      ids.push_back(message.id);
    }
    return ids;
  }
  static DeliveryOutcome outcome(MessageId id, DeliveryState state) {
    DeliveryOutcome outcome;
    outcome.id = id;
    outcome.state = state;
    return outcome;
  }
  static BatchSplit part_of(const Ids& ids) {
    BatchSplit part;
    part.messages = ids;
    return part;
  }
  // Returns the ids of the batches made of `splits`.
  Ids settle(BatchId batch, std::vector<DeliveryOutcome> outcomes, std::vector<BatchSplit> splits = {}) {
    BatchSettlement settlement;
    settlement.sink = sink_;
    settlement.batch = batch;
    settlement.at = at_;
    settlement.outcomes = std::move(outcomes);
    settlement.splits = std::move(splits);
    return store().settle_batch(settlement);
  }
  void deliver(const Ids& ids, DeliveryState state = DeliveryState::delivered) {
    std::vector<DeliveryOutcome> outcomes;
    for (const MessageId id : ids) {
      outcomes.push_back(outcome(id, state));
    }
    settle(store().begin_batch(sink_, ids, at_), outcomes);
  }
  void expect_totals(std::int64_t delivered, std::int64_t pending, std::int64_t dead, std::int64_t suppressed) {
    const Ledger ledger = store().ledger(source_);
    ASSERT_THAT(ledger.sinks, SizeIs(1));
    EXPECT_EQ(ledger.sinks[0].sink, "crm");
    EXPECT_EQ(ledger.sinks[0].delivered, delivered);
    EXPECT_EQ(ledger.sinks[0].pending, pending);
    EXPECT_EQ(ledger.sinks[0].dead, dead);
    EXPECT_EQ(ledger.sinks[0].suppressed, suppressed);
    EXPECT_EQ(ledger.stored, delivered + pending + dead + suppressed);
  }
  std::vector<std::string> states() { return rows_of("SELECT state FROM deliveries_v1 ORDER BY key"); }
  std::int64_t count_state(const std::string& state) {
    return std::stoll(rows_of("SELECT count(*) FROM deliveries_v1 WHERE state = '" + state + "'").at(0));
  }

  UserRow user_;
  SinkId sink_ = 0;
  Instant at_ = from_ms(day + 5000);
};

TEST_F(StoreDeliveringTest, EverythingStoredIsPendingForASinkWithHistory) {
  store_messages(user_, 5);
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 100)), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(ids_of(store().pending_after(sink_, 2, 2)), (Ids{3, 4}));
  const PendingMessage first = store().pending_after(sink_, 0, 1).at(0);
  EXPECT_EQ(first.user, user_);
  EXPECT_EQ(first.size_bytes, static_cast<std::int64_t>(row_at(0).row.raw.size() + row_at(0).row.text.size()) + 300);
  EXPECT_EQ(first.attempts, 0);
  EXPECT_EQ(first.not_before, std::nullopt);
  expect_totals(0, 5, 0, 0);
}

TEST_F(StoreDeliveringTest, ASinkWithoutHistoryStartsWithWhatIsStoredLater) {
  store_messages(user_, 3);
  sink_ = store().register_sinks({{"crm", false}}).front();
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 9)), (Ids{1, 2, 3})) << "history is decided once, for a new sink";
  connection().execute("DELETE FROM sinks");
  sink_ = store().register_sinks({{"crm", false}}).front();
  EXPECT_EQ(store().scanned_to(sink_), 3);
  store_messages(user_, 2, 100);
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 9)), (Ids{4, 5}));
  EXPECT_EQ(count_state("suppressed"), 3);
  EXPECT_EQ(count_state("pending"), 2);
  expect_totals(0, 2, 0, 3);
}

TEST_F(StoreDeliveringTest, ASinkWithoutHistoryLeavesOutWhatIsFoundLaterButDatedBeforeIt) {
  connection().execute("DELETE FROM sinks");
  store_messages(user_, 1);
  sink_ = store().register_sinks({{"crm", false}}, at_ + Milliseconds{1'000'000}).front();
  store_messages(user_, 2, 100);
  EXPECT_THAT(store().pending_after(sink_, 0, 9), IsEmpty());
  EXPECT_EQ(count_state("suppressed"), 3);
  expect_totals(0, 0, 0, 3);
}

TEST_F(StoreDeliveringTest, ASinkThatComesBackGoesOnWhereItWas) {
  deliver(store_messages(user_, 2));
  store().record_scanned_to(sink_, 2);
  store().register_sinks({});
  store_messages(user_, 2, 100);
  EXPECT_THAT(store().ledger(source_).sinks, IsEmpty());
  EXPECT_THAT(states(), IsEmpty());
  EXPECT_EQ(store().register_sinks({{"crm", false}}).front(), sink_);
  EXPECT_EQ(ids_of(store().pending_after(sink_, store().scanned_to(sink_), 9)), (Ids{3, 4}));
}

TEST_F(StoreDeliveringTest, ABatchIsInFlightUntilItIsSettled) {
  const Ids ids = store_messages(user_, 3);
  const BatchId batch = store().begin_batch(sink_, {1, 2}, at_);
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 9)), (Ids{3}));
  EXPECT_EQ(count_state("in_flight"), 2);
  expect_totals(0, 3, 0, 0);
  DeliveryOutcome delivered = outcome(1, DeliveryState::delivered);
  delivered.remote_id = "r-1";
  DeliveryOutcome dead = outcome(2, DeliveryState::dead);
  dead.error = "422";
  dead.attempts = 4;
  settle(batch, {delivered, dead});
  EXPECT_THAT(store().open_batches(sink_), IsEmpty());
  EXPECT_THAT(rows_of("SELECT state, attempts, remote_id, last_error, updated_ms - 1767225600000 FROM deliveries_v1 "
                      "WHERE state <> 'pending' ORDER BY state"),
              ElementsAre("dead|4|-|422|5000", "delivered|1|r-1|-|5000"));
  expect_totals(1, 1, 1, 0);
}

TEST_F(StoreDeliveringTest, WhatWaitsIsDatedAndABatchComesBackInTheOrderOfTime) {
  store_messages(user_, 1, 2'000);
  store_messages(user_, 1, 1'000);
  const std::vector<PendingMessage> pending = store().pending_after(sink_, 0, 10);
  ASSERT_THAT(ids_of(pending), ElementsAre(1, 2));
  EXPECT_EQ(pending[0].dated, from_ms(day + 2'000));
  EXPECT_EQ(pending[1].dated, from_ms(day + 1'000));
  store().begin_batch(sink_, {2, 1}, at_);
  const OpenBatch open = store().open_batches(sink_).at(0);
  EXPECT_EQ(open.messages, (Ids{2, 1}));
  EXPECT_EQ(open.dates, (std::vector<Instant>{from_ms(day + 1'000), from_ms(day + 2'000)}));
}

TEST_F(StoreDeliveringTest, ABatchInFlightWhenTheProcessEndsHasAnUnknownAnswer) {
  store_messages(user_, 3);
  const BatchId batch = store().begin_batch(sink_, {1, 3}, at_);
  reopen();
  EXPECT_EQ(count_state("unknown"), 2);
  const std::vector<OpenBatch> open = store().open_batches(sink_);
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].id, batch);
  EXPECT_EQ(open[0].messages, (Ids{1, 3}));
  EXPECT_EQ(open[0].users, (std::vector<UserRow>{user_, user_}));
  EXPECT_FALSE(open[0].in_flight);
  EXPECT_TRUE(open[0].answer_lost);
  EXPECT_EQ(open[0].attempts, 0);
  store().begin_attempt(batch, at_);
  EXPECT_EQ(count_state("in_flight"), 2);
  settle(batch, {outcome(1, DeliveryState::delivered), outcome(3, DeliveryState::delivered)});
  expect_totals(2, 1, 0, 0);
}

TEST_F(StoreDeliveringTest, AFailedAttemptWaitsAndKeepsItsHistory) {
  store_messages(user_, 2);
  const BatchId batch = store().begin_batch(sink_, {1, 2}, at_);
  store().record_attempt_failure(batch, "503", false, true, from_ms(day + 9000), at_);
  OpenBatch open = store().open_batches(sink_).at(0);
  EXPECT_FALSE(open.in_flight);
  EXPECT_FALSE(open.answer_lost);
  EXPECT_EQ(open.attempts, 1);
  EXPECT_EQ(open.first_failed, at_);
  EXPECT_EQ(open.not_before, from_ms(day + 9000));
  EXPECT_THAT(rows_of("SELECT state, attempts, last_error FROM deliveries_v1"),
              ElementsAre("pending|1|503", "pending|1|503"));

  store().begin_attempt(batch, from_ms(day + 9000));
  store().record_attempt_failure(batch, "timeout", true, true, from_ms(day + 12'000), from_ms(day + 10'000));
  store().begin_attempt(batch, from_ms(day + 12'000));
  store().record_attempt_failure(batch, "429", false, false, from_ms(day + 20'000), from_ms(day + 13'000));
  open = store().open_batches(sink_).at(0);
  EXPECT_EQ(open.attempts, 2);
  EXPECT_TRUE(open.answer_lost) << "an answer that was lost stays lost";
  EXPECT_EQ(open.first_failed, at_);
  EXPECT_EQ(count_state("unknown"), 2);
}

TEST_F(StoreDeliveringTest, AnUnchargedFailureStartsNoClock) {
  store_messages(user_, 1);
  const BatchId batch = store().begin_batch(sink_, {1}, at_);
  store().record_attempt_failure(batch, "401", false, false, at_, at_);
  EXPECT_EQ(store().open_batches(sink_).at(0).first_failed, std::nullopt);
  EXPECT_EQ(store().open_batches(sink_).at(0).attempts, 0);
}

TEST_F(StoreDeliveringTest, SplitsABatchIntoPartsThatWait) {
  store_messages(user_, 5);
  const BatchId batch = store().begin_batch(sink_, {1, 2, 3, 4, 5}, at_);
  store().record_attempt_failure(batch, "503", false, true, at_, at_);
  store().begin_attempt(batch, at_);
  const Ids parts = settle(batch, {outcome(1, DeliveryState::delivered)}, {part_of({2, 3}), part_of({4, 5})});
  const std::vector<OpenBatch> open = store().open_batches(sink_);
  ASSERT_THAT(open, SizeIs(2));
  EXPECT_EQ(parts, (Ids{open[0].id, open[1].id}));
  EXPECT_EQ(open[0].messages, (Ids{2, 3}));
  EXPECT_EQ(open[1].messages, (Ids{4, 5}));
  for (const OpenBatch& part : open) {
    EXPECT_NE(part.id, batch);
    EXPECT_EQ(part.attempts, 1);
    EXPECT_FALSE(part.in_flight);
    EXPECT_EQ(part.first_failed, std::nullopt);
    EXPECT_EQ(part.not_before, std::nullopt);
  }
  expect_totals(1, 4, 0, 0);
  EXPECT_EQ(count_state("pending"), 4);
}

TEST_F(StoreDeliveringTest, APartWhoseAnswerIsLostIsUnknownAndChargedByItself) {
  store_messages(user_, 5);
  const BatchId batch = store().begin_batch(sink_, {1, 2, 3, 4, 5}, at_);
  store().record_attempt_failure(batch, "429", false, false, at_, at_);
  store().begin_attempt(batch, at_);
  BatchSplit lost{{2, 3}, true, true, "no answer", from_ms(day + 9000), at_};
  BatchSplit unsent{{4}, false, false, "not sent", std::nullopt, std::nullopt};
  BatchSplit half{{5}, false, false, {}, std::nullopt, std::nullopt};
  settle(batch, {outcome(1, DeliveryState::delivered)}, {lost, half, unsent});
  EXPECT_THAT(rows_of("SELECT state, attempts, last_error FROM deliveries_v1 ORDER BY last_error"),
              ElementsAre("delivered|1|-", "pending|0|429", "unknown|1|no answer", "unknown|1|no answer",
                          "pending|0|not sent"));
  EXPECT_THAT(rows_of("SELECT last_error FROM sinks"), ElementsAre("not sent"));
  const std::vector<OpenBatch> open = store().open_batches(sink_);
  ASSERT_THAT(open, SizeIs(3));
  EXPECT_EQ(open[0].messages, (Ids{2, 3}));
  EXPECT_TRUE(open[0].answer_lost);
  EXPECT_EQ(open[0].attempts, 1);
  EXPECT_EQ(open[0].first_failed, at_);
  EXPECT_EQ(open[0].not_before, from_ms(day + 9000));
  EXPECT_EQ(open[1].messages, (Ids{5}));
  EXPECT_EQ(open[2].messages, (Ids{4}));
  for (const std::size_t part : {1U, 2U}) {
    EXPECT_FALSE(open[part].answer_lost);
    EXPECT_EQ(open[part].attempts, 0);
    EXPECT_EQ(open[part].first_failed, std::nullopt);
    EXPECT_EQ(open[part].not_before, std::nullopt);
  }
  expect_totals(1, 4, 0, 0);
}

TEST_F(StoreDeliveringTest, APartKeepsTheAttemptsOfTheWholeAndHasItsOwnTimeAndLoss) {
  store_messages(user_, 2);
  const BatchId batch = store().begin_batch(sink_, {1, 2}, at_);
  store().record_attempt_failure(batch, "timeout", true, true, at_, at_);
  store().begin_attempt(batch, at_);
  BatchSplit again = part_of({1});
  again.charged = true;
  again.first_failed = from_ms(day + 7000);
  settle(batch, {outcome(2, DeliveryState::delivered)}, {again});
  const OpenBatch open = store().open_batches(sink_).at(0);
  EXPECT_FALSE(open.answer_lost);
  EXPECT_EQ(open.attempts, 2);
  EXPECT_EQ(open.first_failed, from_ms(day + 7000));
  EXPECT_EQ(count_state("unknown"), 0);
}

TEST_F(StoreDeliveringTest, APendingOutcomeIsHeldBackWithItsFailure) {
  store_messages(user_, 3);
  const BatchId batch = store().begin_batch(sink_, {1, 2}, at_);
  DeliveryOutcome again = outcome(2, DeliveryState::pending);
  again.attempts = 3;
  again.error = "busy";
  again.not_before = from_ms(day + 8000);
  again.first_failed = from_ms(day + 4000);
  settle(batch, {outcome(1, DeliveryState::delivered), again});
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 9)), (Ids{3}));
  const std::vector<PendingMessage> held = store().held_back(sink_, 9);
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].id, 2);
  EXPECT_EQ(held[0].user, user_);
  EXPECT_EQ(held[0].attempts, 3);
  EXPECT_EQ(held[0].not_before, from_ms(day + 8000));
  EXPECT_EQ(held[0].first_failed, from_ms(day + 4000));
  EXPECT_GT(held[0].size_bytes, 300);
  expect_totals(1, 2, 0, 0);
  store().record_scanned_to(sink_, 2);
  expect_totals(1, 2, 0, 0);

  const BatchId second = store().begin_batch(sink_, {2}, at_);
  EXPECT_THAT(store().held_back(sink_, 9), IsEmpty());
  EXPECT_EQ(count_state("in_flight"), 1);
  expect_totals(1, 2, 0, 0);
  settle(second, {outcome(2, DeliveryState::delivered)});
  EXPECT_THAT(store().held_back(sink_, 9), IsEmpty());
  expect_totals(2, 1, 0, 0);
}

TEST_F(StoreDeliveringTest, HoldsMessagesBackBehindAnEarlierOne) {
  store_messages(user_, 4);
  store().hold_back(sink_, {2, 3}, at_);
  store().hold_back(sink_, {3}, at_);
  EXPECT_EQ(ids_of(store().pending_after(sink_, 0, 9)), (Ids{1, 4}));
  EXPECT_EQ(ids_of(store().held_back(sink_, 9)), (Ids{2, 3}));
  EXPECT_EQ(ids_of(store().held_back(sink_, 1)), (Ids{2}));
  EXPECT_EQ(ids_of(store().held_back(sink_, 1, 2)), (Ids{3}));
  EXPECT_EQ(store().held_back(sink_, 1).at(0).not_before, std::nullopt);
  deliver({1});
  store().record_scanned_to(sink_, 3);
  expect_totals(1, 3, 0, 0);
  EXPECT_EQ(count_state("pending"), 3);
}

TEST_F(StoreDeliveringTest, RemembersHowFarItHasScanned) {
  EXPECT_EQ(store().scanned_to(sink_), 0);
  deliver(store_messages(user_, 3));
  store().record_scanned_to(sink_, 3);
  store().record_scanned_to(sink_, 1);
  reopen();
  EXPECT_EQ(store().scanned_to(sink_), 3);
  store_messages(user_, 2, 100);
  expect_totals(3, 2, 0, 0);
}

TEST_F(StoreDeliveringTest, LoosesNothingWhenAnIdIsFreed) {
  store_messages(user_, 3);
  connection().execute("DELETE FROM messages WHERE id = 3");
  store_messages(user_, 1, 100);
  EXPECT_EQ(ids_of(store().pending_after(sink_, 2, 9)), (Ids{4}));
}

TEST_F(StoreDeliveringTest, SinksAreIndependent) {
  store_messages(user_, 2);
  const std::vector<SinkId> sinks = store().register_sinks({{"crm", true}, {"archive", true}});
  deliver({1, 2});
  EXPECT_THAT(store().pending_after(sinks[0], 0, 9), IsEmpty());
  EXPECT_EQ(ids_of(store().pending_after(sinks[1], 0, 9)), (Ids{1, 2}));
  EXPECT_THAT(rows_of("SELECT sink, state FROM deliveries_v1 ORDER BY sink"),
              ElementsAre("archive|pending", "archive|pending", "crm|delivered", "crm|delivered"));
}

TEST_F(StoreDeliveringTest, CountsEachSourceForItself) {
  const SourceId other = store().register_source("other");
  const AudienceId audience = store().register_audiences(other, {{"a", "b"}}).front();
  store().stage_listing(audience, listed({"u"}));
  const UserRow theirs = store().apply_listings(other, {{audience, true}}, from_ms(day)).arrived.at(0);
  store_messages(user_, 2);
  store_messages(theirs, 3);
  deliver({1, 2, 3});
  expect_totals(2, 0, 0, 0);
  const Ledger ledger = store().ledger(other);
  EXPECT_EQ(ledger.stored, 3);
  EXPECT_EQ(ledger.sinks.at(0).delivered, 1);
  EXPECT_EQ(ledger.sinks.at(0).pending, 2);
}

TEST_F(StoreDeliveringTest, TheLedgerShowsAMessageThatVanished) {
  store_messages(user_, 3);
  connection().execute("DELETE FROM messages WHERE id = 2");
  const Ledger ledger = store().ledger(source_);
  EXPECT_EQ(ledger.added, 3);
  EXPECT_EQ(ledger.stored, 2);
}

TEST_F(StoreDeliveringTest, TheLedgerShowsAnOutcomeThatVanished) {
  deliver(store_messages(user_, 3));
  connection().execute("DELETE FROM deliveries WHERE message = 2");
  const Ledger ledger = store().ledger(source_);
  EXPECT_NE(ledger.stored, ledger.sinks[0].delivered + ledger.sinks[0].pending);
}

using StoreDeliveringDeathTest = StoreDeliveringTest;

TEST_F(StoreDeliveringDeathTest, AnOutcomeIsFinal) {
  deliver(store_messages(user_, 2));
  EXPECT_DEATH(store().begin_batch(sink_, {1}, at_), "has no outcome yet");
  EXPECT_DEATH(store().hold_back(sink_, {1}, at_), "has no outcome yet");
}

TEST_F(StoreDeliveringDeathTest, ASettlementNamesEachMessageOnce) {
  store_messages(user_, 3);
  const BatchId batch = store().begin_batch(sink_, {1, 2}, at_);
  EXPECT_DEATH(settle(batch, {outcome(1, DeliveryState::delivered)}), "each message of its batch once");
  EXPECT_DEATH(settle(batch, {outcome(1, DeliveryState::delivered)}, {part_of({1, 2})}),
               "each message of its batch once");
  EXPECT_DEATH(settle(batch, {outcome(1, DeliveryState::delivered), outcome(3, DeliveryState::delivered)}),
               "each message of its batch once");
}

TEST_F(StoreDeliveringDeathTest, TheScanPassesNothingUnrecorded) {
  store_messages(user_, 3);
  deliver({1, 3});
  store().record_scanned_to(sink_, 1);
  EXPECT_DEATH(store().record_scanned_to(sink_, 3), "passes no message");
}

}  // namespace
}  // namespace elit::storage
