#include <algorithm>
#include <unordered_map>

#include "core/check.hpp"
#include "storage/delivery_rows.hpp"
#include "storage/store_impl.hpp"

// Pending messages are derived from the tables; outcomes are recorded in them.
namespace elit::storage {
namespace {

constexpr int state_pending = 0;

int stored_state(DeliveryState state) {
  return static_cast<int>(state);
}

std::optional<std::string_view> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

void note_error(Store::Impl& impl, SinkId sink, std::string_view error, Instant at) {
  if (!error.empty()) {
    impl.statement("UPDATE sinks SET last_error = ?2, last_error_ms = ?3 WHERE id = ?1").run(sink, error, at);
  }
}

void join_batch(Store::Impl& impl, SinkId sink, BatchId batch, MessageId message) {
  impl.statement(R"(
      INSERT INTO batch_messages (sink, message, batch) SELECT ?1, id, ?3 FROM messages
      WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE sink = ?1 AND message = ?2 AND state <> 0))")
      .run(sink, message, batch);
  check(impl.database->changes() == 1, "a message in a batch is stored and has no outcome yet");
}

struct BatchMember {
  MessageId message = 0;
  SourceId source = 0;
};

std::vector<BatchMember> members_of(Store::Impl& impl, SinkId sink, BatchId batch) {
  std::vector<BatchMember> members;
  Statement query = impl.statement(R"(
      SELECT batch_messages.message, users.source FROM batch_messages
      JOIN messages ON messages.id = batch_messages.message JOIN users ON users.id = messages.user
      WHERE batch_messages.batch = ?1 AND batch_messages.sink = ?2 ORDER BY batch_messages.message)");
  query.bind(batch, sink);
  while (query.step()) {
    members.push_back(BatchMember{query.integer(0), query.integer(1)});
  }
  check(!members.empty(), "a batch that is settled is open and belongs to its sink");
  return members;
}

// Every message of the batch is in exactly one outcome or one split.
void check_partition(const std::vector<BatchMember>& members, const BatchSettlement& settlement) {
  std::vector<MessageId> leaving;
  leaving.reserve(settlement.outcomes.size());
  for (const DeliveryOutcome& outcome : settlement.outcomes) {
    leaving.push_back(outcome.id);
  }
  for (const BatchSplit& split : settlement.splits) {
    check(!split.messages.empty(), "a batch is not empty");
    leaving.insert(leaving.end(), split.messages.begin(), split.messages.end());
  }
  std::sort(leaving.begin(), leaving.end());
  check(std::equal(leaving.begin(), leaving.end(), members.begin(), members.end(),
                   [](MessageId id, const BatchMember& member) { return id == member.message; }),
        "a settlement names each message of its batch once");
}

void record_outcomes(Store::Impl& impl, const BatchSettlement& settlement) {
  Statement upsert = impl.statement(R"(
      INSERT INTO deliveries (sink, message, state, attempts, remote_id, last_error, updated_ms, not_before_ms,
          first_failed_ms)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      ON CONFLICT (sink, message) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
          remote_id = excluded.remote_id, last_error = excluded.last_error, updated_ms = excluded.updated_ms,
          not_before_ms = excluded.not_before_ms, first_failed_ms = excluded.first_failed_ms
      WHERE state = 0)");
  for (const DeliveryOutcome& outcome : settlement.outcomes) {
    upsert.run(settlement.sink, outcome.id, stored_state(outcome.state), outcome.attempts,
               unless_empty(outcome.remote_id), unless_empty(outcome.error), settlement.at, outcome.not_before,
               outcome.first_failed);
    check(impl.database->changes() == 1, "an outcome is final");
    note_error(impl, settlement.sink, outcome.error, settlement.at);
  }
}

void add_totals(Store::Impl& impl, const BatchSettlement& settlement, const std::vector<BatchMember>& members) {
  std::unordered_map<SourceId, SinkTotals> totals;
  for (const DeliveryOutcome& outcome : settlement.outcomes) {
    const auto member = std::lower_bound(members.begin(), members.end(), outcome.id,
                                         [](const BatchMember& each, MessageId id) { return each.message < id; });
    SinkTotals& total = totals[member->source];
    total.delivered += outcome.state == DeliveryState::delivered ? 1 : 0;
    total.dead += outcome.state == DeliveryState::dead ? 1 : 0;
    total.suppressed += outcome.state == DeliveryState::suppressed ? 1 : 0;
  }
  for (const auto& [source, total] : totals) {
    impl.statement(R"(
      INSERT INTO sink_totals (sink, source, delivered, dead, suppressed) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (sink, source) DO UPDATE SET delivered = delivered + excluded.delivered,
          dead = dead + excluded.dead, suppressed = suppressed + excluded.suppressed)")
        .run(settlement.sink, source, total.delivered, total.dead, total.suppressed);
  }
}

// Creates the parts as waiting batches. Each part inherits the attempts of the whole.
std::vector<BatchId> split_batch(Store::Impl& impl, const BatchSettlement& settlement) {
  std::vector<BatchId> parts;
  for (const BatchSplit& split : settlement.splits) {
    impl.statement(R"(
      INSERT INTO batches (sink, attempts, in_flight, answer_lost, first_failed_ms, not_before_ms, last_error,
          updated_ms)
      SELECT sink, attempts + ?4, 0, ?3, ?7, ?5, coalesce(?6, last_error), ?2 FROM batches WHERE id = ?1)")
        .run(settlement.batch, settlement.at, split.answer_lost, split.charged, split.not_before,
             unless_empty(split.error), split.first_failed);
    const BatchId part = impl.database->last_insert_id();
    for (const MessageId message : split.messages) {
      join_batch(impl, settlement.sink, part, message);
    }
    note_error(impl, settlement.sink, split.error, settlement.at);
    parts.push_back(part);
  }
  return parts;
}

PendingMessage pending_of(const Statement& row) {
  PendingMessage message;
  message.id = row.integer(0);
  message.user = row.integer(1);
  message.size_bytes = row.integer(2);
  message.dated = row.instant(3);
  return message;
}

}  // namespace

std::vector<PendingMessage> Store::pending_after(SinkId sink, MessageId after, int limit) {
  std::vector<PendingMessage> pending;
  Statement query = impl_->statement(R"(
      SELECT id, user, size_bytes, CASE instant_ms WHEN -1 THEN stored_ms ELSE instant_ms END FROM messages
      WHERE id > max(?2, (SELECT history_start FROM sinks WHERE id = ?1))
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.sink = ?1 AND deliveries.message = messages.id)
        AND NOT EXISTS (SELECT 1 FROM batch_messages AS held WHERE held.sink = ?1 AND held.message = messages.id)
      ORDER BY id LIMIT ?3)");
  query.bind(sink, after, limit);
  while (query.step()) {
    pending.push_back(pending_of(query));
  }
  return pending;
}

std::vector<PendingMessage> Store::held_back(SinkId sink, int limit, MessageId after) {
  std::vector<PendingMessage> pending;
  Statement query = impl_->statement(R"(
      SELECT messages.id, messages.user, messages.size_bytes,
          CASE messages.instant_ms WHEN -1 THEN messages.stored_ms ELSE messages.instant_ms END, deliveries.attempts,
          deliveries.not_before_ms, deliveries.first_failed_ms
      FROM deliveries JOIN messages ON messages.id = deliveries.message
      WHERE deliveries.sink = ?1 AND deliveries.state = 0 AND deliveries.message > ?2
        AND NOT EXISTS (
          SELECT 1 FROM batch_messages AS held WHERE held.sink = ?1 AND held.message = deliveries.message)
      ORDER BY deliveries.message LIMIT ?3)");
  query.bind(sink, after, limit);
  while (query.step()) {
    PendingMessage message = pending_of(query);
    message.attempts = query.small_integer(4);
    message.not_before = query.maybe_instant(5);
    message.first_failed = query.maybe_instant(6);
    pending.push_back(message);
  }
  return pending;
}

std::vector<OpenBatch> Store::open_batches(SinkId sink) {
  std::vector<OpenBatch> batches;
  Statement query = impl_->statement(R"(
      SELECT id, attempts, in_flight, answer_lost, first_failed_ms, not_before_ms, updated_ms FROM batches
      WHERE sink = ?1 ORDER BY id)");
  query.bind(sink);
  while (query.step()) {
    OpenBatch batch;
    batch.id = query.integer(0);
    batch.attempts = query.small_integer(1);
    batch.in_flight = query.integer(2) != 0;
    batch.answer_lost = query.integer(3) != 0;
    batch.first_failed = query.maybe_instant(4);
    batch.not_before = query.maybe_instant(5);
    batch.updated = query.instant(6);
    Statement members = impl_->statement(R"(
      SELECT messages.id, messages.user, messages.size_bytes,
          CASE messages.instant_ms WHEN -1 THEN messages.stored_ms ELSE messages.instant_ms END AS dated
      FROM batch_messages JOIN messages ON messages.id = batch_messages.message
      WHERE batch_messages.batch = ?1 ORDER BY dated, messages.id)");
    members.bind(batch.id);
    while (members.step()) {
      batch.messages.push_back(members.integer(0));
      batch.users.push_back(members.integer(1));
      batch.sizes_bytes.push_back(members.integer(2));
      batch.dates.push_back(members.instant(3));
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

MessageId Store::scanned_to(SinkId sink) {
  Statement query = impl_->statement("SELECT scanned_to FROM sinks WHERE id = ?1");
  check(query.bind(sink).step(), "a sink is registered before it is scanned");
  return query.integer(0);
}

bool Store::has_delivered(SinkId sink) {
  Statement query = impl_->statement("SELECT EXISTS (SELECT 1 FROM sink_totals WHERE sink = ?1 AND delivered > 0)");
  return query.bind(sink).step() && query.integer(0) != 0;
}

void Store::record_scanned_to(SinkId sink, MessageId id) {
  Transaction transaction(*impl_);
  // A wrong mark would silently lose messages, so the messages that it passes are checked again.
  Statement query = impl_->statement(R"(
      SELECT EXISTS (
          SELECT 1 FROM messages WHERE id > (SELECT scanned_to FROM sinks WHERE id = ?1) AND id <= ?2
          AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.sink = ?1 AND deliveries.message = messages.id)
          AND NOT EXISTS (SELECT 1 FROM batch_messages AS held WHERE held.sink = ?1 AND held.message = messages.id)))");
  check(query.bind(sink, id).step() && query.integer(0) == 0, "the scan passes no message without outcome or record");
  impl_->statement("UPDATE sinks SET scanned_to = max(scanned_to, ?2) WHERE id = ?1").run(sink, id);
  transaction.commit();
}

void Store::hold_back(SinkId sink, const std::vector<MessageId>& messages, Instant at) {
  Transaction transaction(*impl_);
  Statement insert = impl_->statement(R"(
      INSERT INTO deliveries (sink, message, state, attempts, updated_ms) VALUES (?1, ?2, ?3, 0, ?4)
      ON CONFLICT (sink, message) DO UPDATE SET state = state WHERE state = 0)");
  for (const MessageId message : messages) {
    insert.run(sink, message, state_pending, at);
    check(impl_->database->changes() == 1, "a message that is held back has no outcome yet");
  }
  transaction.commit();
}

BatchId Store::begin_batch(SinkId sink, const std::vector<MessageId>& messages, Instant at) {
  check(!messages.empty(), "a batch is not empty");
  Transaction transaction(*impl_);
  impl_->statement("INSERT INTO batches (sink, attempts, in_flight, answer_lost, updated_ms) VALUES (?1, 0, 1, 0, ?2)")
      .run(sink, at);
  const BatchId batch = impl_->database->last_insert_id();
  for (const MessageId message : messages) {
    join_batch(*impl_, sink, batch, message);
  }
  transaction.commit();
  return batch;
}

void Store::begin_attempt(BatchId batch, Instant at) {
  Transaction transaction(*impl_);
  impl_->statement("UPDATE batches SET in_flight = 1, updated_ms = ?2 WHERE id = ?1 AND in_flight = 0").run(batch, at);
  check(impl_->database->changes() == 1, "a batch that is sent again is open and at rest");
  transaction.commit();
}

void Store::record_attempt_failure(BatchId batch, std::string_view error, bool answer_lost, bool charged,
                                   Instant not_before, Instant at) {
  Transaction transaction(*impl_);
  Statement update = impl_->statement(R"(
      UPDATE batches SET in_flight = 0, answer_lost = answer_lost OR ?3, attempts = attempts + ?4, last_error = ?2,
          not_before_ms = ?5, first_failed_ms = coalesce(first_failed_ms, iif(?4, ?6, NULL)), updated_ms = ?6
      WHERE id = ?1 RETURNING sink)");
  update.bind(batch, error, answer_lost, charged, not_before, at);
  check(update.step(), "a batch that fails is open");
  const SinkId sink = update.integer(0);
  while (update.step()) {
  }
  note_error(*impl_, sink, error, at);
  transaction.commit();
}

std::vector<BatchId> Store::settle_batch(const BatchSettlement& settlement) {
  Transaction transaction(*impl_);
  const std::vector<BatchMember> members = members_of(*impl_, settlement.sink, settlement.batch);
  check_partition(members, settlement);
  impl_->statement("DELETE FROM batch_messages WHERE batch = ?1").run(settlement.batch);
  record_outcomes(*impl_, settlement);
  add_totals(*impl_, settlement, members);
  std::vector<BatchId> parts = split_batch(*impl_, settlement);
  impl_->statement("DELETE FROM batches WHERE id = ?1").run(settlement.batch);
  transaction.commit();
  return parts;
}

std::vector<DeliverableMessage> Store::load_messages(const std::vector<MessageId>& ids) {
  return read_messages(*impl_->database, ids);
}

}  // namespace elit::storage
