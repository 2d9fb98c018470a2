#include "core/check.hpp"
#include "storage/store_impl.hpp"

// Counts the rows of the tables, in addition to the stored totals.
namespace elit::storage {
namespace {

struct SinkInUse {
  SinkId id = 0;
  MessageId scanned_to = 0;
  SinkTotals totals;
};

std::vector<SinkInUse> sinks_in_use(Store::Impl& impl, SourceId source) {
  std::vector<SinkInUse> sinks;
  Statement query = impl.statement(R"(
      SELECT sinks.id, sinks.scanned_to, sinks.name, coalesce(totals.delivered, 0), coalesce(totals.dead, 0),
          coalesce(totals.suppressed, 0)
      FROM sinks LEFT JOIN sink_totals AS totals ON totals.sink = sinks.id AND totals.source = ?1
      WHERE sinks.active = 1 ORDER BY sinks.id)");
  query.bind(source);
  while (query.step()) {
    SinkInUse sink;
    sink.id = query.integer(0);
    sink.scanned_to = query.integer(1);
    sink.totals.sink = query.text(2);
    sink.totals.delivered = query.integer(3);
    sink.totals.dead = query.integer(4);
    sink.totals.suppressed = query.integer(5);
    sinks.push_back(std::move(sink));
  }
  return sinks;
}

std::int64_t single(Statement& query) {
  check(query.step(), "a count has one row");
  return query.integer(0);
}

// The first count of a process scans the index, later ones only the added rows: messages are only added at the end.
std::int64_t count_up_to(Store::Impl& impl, SourceId source, SinkId sink, MessageId to) {
  const auto [entry, first] = impl.counted.try_emplace({source, sink});
  Store::Impl::Counted& counted = entry->second;
  if (first || counted.to > to) {
    Statement query = impl.statement(R"(
      SELECT count(*) FROM users CROSS JOIN messages ON messages.user = users.id
      WHERE users.source = ?1 AND messages.id <= ?2)");
    counted.messages = single(query.bind(source, to));
  } else if (counted.to < to) {
    Statement query = impl.statement(R"(
      SELECT count(*) FROM messages CROSS JOIN users ON users.id = messages.user
      WHERE messages.id > ?2 AND messages.id <= ?3 AND users.source = ?1)");
    counted.messages += single(query.bind(source, counted.to, to));
  }
  counted.to = to;
  return counted.messages;
}

std::int64_t count_settled_above(Store::Impl& impl, SourceId source, const SinkInUse& sink) {
  Statement query = impl.statement(R"(
      SELECT count(*) FROM deliveries
      CROSS JOIN messages ON messages.id = deliveries.message CROSS JOIN users ON users.id = messages.user
      WHERE deliveries.sink = ?2 AND deliveries.message > ?3 AND deliveries.state <> 0 AND users.source = ?1)");
  return single(query.bind(source, sink.id, sink.scanned_to));
}

std::int64_t count_open_below(Store::Impl& impl, SourceId source, const SinkInUse& sink) {
  Statement query = impl.statement(R"(
      SELECT count(*) FROM (
          SELECT message FROM deliveries WHERE sink = ?2 AND state = 0 AND message <= ?3
          UNION SELECT message FROM batch_messages WHERE sink = ?2 AND message <= ?3) AS open
      CROSS JOIN messages ON messages.id = open.message CROSS JOIN users ON users.id = messages.user
      WHERE users.source = ?1)");
  return single(query.bind(source, sink.id, sink.scanned_to));
}

}  // namespace

Ledger Store::ledger(SourceId source) {
  Ledger ledger;
  {
    Statement query = impl_->statement("SELECT fetched, added, duplicates, rejected FROM sources WHERE id = ?1");
    check(query.bind(source).step(), "a source is registered before its ledger is read");
    ledger.fetched = query.integer(0);
    ledger.added = query.integer(1);
    ledger.duplicates = query.integer(2);
    ledger.rejected = query.integer(3);
  }
  const MessageId last = impl_->database->integer("SELECT max(id) FROM messages");
  ledger.stored = count_up_to(*impl_, source, 0, last);
  for (SinkInUse& sink : sinks_in_use(*impl_, source)) {
    sink.totals.pending = ledger.stored - count_up_to(*impl_, source, sink.id, sink.scanned_to) -
                          count_settled_above(*impl_, source, sink) + count_open_below(*impl_, source, sink);
    ledger.sinks.push_back(std::move(sink.totals));
  }
  return ledger;
}

}  // namespace elit::storage
