#include "storage/status_reader.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "core/fetch/lateness.hpp"
#include "storage/database.hpp"
#include "storage/delivery_rows.hpp"
#include "storage/state_directory.hpp"
#include "storage/store_impl.hpp"

namespace elit::storage {
namespace {

std::vector<LatenessBucket> read_lateness(Connection& database, std::int64_t source) {
  std::vector<LatenessBucket> buckets;
  Statement query = database.statement(
      "SELECT bucket, count FROM lateness WHERE source = ?1 AND bucket BETWEEN 0 AND ?2 ORDER BY bucket");
  query.bind(source, Lateness::buckets - 1);
  while (query.step()) {
    buckets.push_back(LatenessBucket{query.small_integer(0), query.integer(1)});
  }
  return buckets;
}

std::vector<ConditionStatus> read_conditions(Connection& database, std::int64_t source) {
  std::vector<ConditionStatus> conditions;
  Statement query =
      database.statement("SELECT name, detail, since_ms FROM source_conditions WHERE source = ?1 ORDER BY name");
  query.bind(source);
  while (query.step()) {
    conditions.push_back({std::string(query.text(0)), std::string(query.text(1)), query.instant(2)});
  }
  return conditions;
}

std::vector<AudienceStatus> read_audiences(Connection& database, std::int64_t source) {
  std::vector<AudienceStatus> audiences;
  Statement query = database.statement(R"(
      SELECT attribute, value, listed_ms,
          (SELECT count(*) FROM memberships WHERE audience = audiences.id AND last_listed_ms IS NULL)
      FROM audiences WHERE source = ?1 AND active = 1 ORDER BY id)");
  query.bind(source);
  while (query.step()) {
    audiences.push_back(
        {std::string(query.text(0)), std::string(query.text(1)), query.maybe_instant(2), query.integer(3)});
  }
  return audiences;
}

void read_users(Connection& database, std::int64_t source, SourceStatus& status) {
  Statement query = database.statement(R"(
      SELECT count(*) FILTER (WHERE status = 'following'), count(*) FILTER (WHERE status = 'draining'),
          count(*) FILTER (WHERE status = 'parked'), count(*) FILTER (WHERE status = 'gone'),
          count(*) FILTER (WHERE status IN ('following', 'draining') AND last_read_ms IS NULL),
          min(last_read_ms) FILTER (WHERE status IN ('following', 'draining')),
          count(*) FILTER (WHERE status IN ('following', 'draining') AND history_complete = 1),
          count(*) FILTER (WHERE status IN ('following', 'draining') AND history_complete = 0),
          coalesce(sum(messages), 0), max(last_message_ms),
          max(min(first_matched_ms) FILTER (WHERE status IN ('following', 'draining') AND history_complete = 0),
              coalesce((SELECT history_read_ms FROM sources WHERE id = ?1), 0)),
          min(coalesce(last_read_ms, first_matched_ms)) FILTER (WHERE status IN ('following', 'draining'))
      FROM users WHERE source = ?1)");
  query.bind(source).step();
  status.following = query.integer(0);
  status.draining = query.integer(1);
  status.parked = query.integer(2);
  status.gone = query.integer(3);
  status.never_read = query.integer(4);
  status.oldest_read = query.maybe_instant(5);
  status.history_complete = query.integer(6);
  status.history_incomplete = query.integer(7);
  status.messages = query.integer(8);
  status.last_message = query.maybe_instant(9);
  status.history_moved = query.maybe_instant(10);
  status.unread_longest = query.maybe_instant(11);
}

std::optional<double> read_backfill_rate(Connection& database, std::int64_t source) {
  Statement query = database.statement("SELECT value FROM dialect_facts WHERE source = ?1 AND name = ?2");
  if (!query.bind(source, backfill_rate_fact).step()) {
    return std::nullopt;
  }
  const double rate = std::strtod(std::string(query.text(0)).c_str(), nullptr);
  // The program writes no rate outside these bounds. Within them the remaining time is finite.
  constexpr double rate_min = 1e-6;
  constexpr double rate_max = 1e12;
  return rate >= rate_min && rate <= rate_max ? std::optional(rate) : std::nullopt;
}

std::vector<SourceStatus> read_sources(Connection& database) {
  std::vector<SourceStatus> sources;
  Statement query = database.statement(
      R"(
      SELECT id, name, state, reason, state_since_ms, fetched, added, duplicates, rejected
      FROM sources ORDER BY id)");
  query.bind();
  while (query.step()) {
    SourceStatus source;
    source.name = query.text(1);
    source.state = PeerState{query.text(2), query.text(3), query.maybe_instant(4)};
    source.fetched = query.integer(5);
    source.added = query.integer(6);
    source.duplicates = query.integer(7);
    source.rejected = query.integer(8);
    read_users(database, query.integer(0), source);
    source.lateness = read_lateness(database, query.integer(0));
    source.conditions = read_conditions(database, query.integer(0));
    source.audiences = read_audiences(database, query.integer(0));
    source.backfill_users_per_hour = read_backfill_rate(database, query.integer(0));
    sources.push_back(std::move(source));
  }
  return sources;
}

// Counts the messages without a final outcome: above the scan mark those that are not settled, up to it those that are
// recorded as open.
void read_open(Connection& database, std::int64_t sink, std::int64_t scanned_to, SinkStatus& status) {
  Statement count = database.statement(R"(
      SELECT (SELECT count(*) FROM messages WHERE id > ?2)
        - (SELECT count(*) FROM deliveries WHERE sink = ?1 AND message > ?2 AND state <> 0)
        + (SELECT count(*) FROM (
            SELECT message FROM deliveries WHERE sink = ?1 AND state = 0 AND message <= ?2
            UNION SELECT message FROM batch_messages WHERE sink = ?1 AND message <= ?2)))");
  count.bind(sink, scanned_to).step();
  Statement batches = database.statement(R"(
      SELECT count(*) FILTER (WHERE in_flight = 1), count(*) FILTER (WHERE in_flight = 0 AND answer_lost = 1)
      FROM batches JOIN batch_messages ON batch_messages.batch = batches.id
      WHERE batches.sink = ?1)");
  batches.bind(sink).step();
  status.in_flight = batches.integer(0);
  status.unknown = batches.integer(1);
  status.pending = count.integer(0) - status.in_flight - status.unknown;
  Statement oldest = database.statement(R"(
      SELECT stored_ms FROM messages
      WHERE id = (SELECT min(id) FROM (
          SELECT (SELECT id FROM messages
                  WHERE id > ?2 AND NOT EXISTS (
                      SELECT 1 FROM deliveries WHERE sink = ?1 AND message = messages.id AND state <> 0)
                  ORDER BY id LIMIT 1) AS id
          UNION ALL SELECT min(message) FROM deliveries WHERE sink = ?1 AND state = 0
          UNION ALL SELECT min(message) FROM batch_messages WHERE sink = ?1)))");
  if (oldest.bind(sink, scanned_to).step()) {
    status.oldest_pending = oldest.instant(0);
  }
}

std::vector<SinkStatus> read_sinks(Connection& database) {
  std::vector<SinkStatus> sinks;
  Statement query = database.statement(R"(
      SELECT id, name, state, reason, state_since_ms, scanned_to, last_error, last_error_ms,
          (SELECT coalesce(sum(delivered), 0) FROM sink_totals WHERE sink = sinks.id),
          (SELECT coalesce(sum(dead), 0) FROM sink_totals WHERE sink = sinks.id),
          (SELECT coalesce(sum(suppressed), 0) FROM sink_totals WHERE sink = sinks.id)
      FROM sinks WHERE active = 1 ORDER BY id)");
  query.bind();
  while (query.step()) {
    SinkStatus sink;
    sink.name = query.text(1);
    sink.state = PeerState{query.text(2), query.text(3), query.maybe_instant(4)};
    sink.last_error = query.text(6);
    sink.last_error_at = query.maybe_instant(7);
    sink.delivered = query.integer(8);
    sink.dead = query.integer(9);
    sink.suppressed = query.integer(10);
    read_open(database, query.integer(0), query.integer(5), sink);
    sinks.push_back(std::move(sink));
  }
  return sinks;
}

std::vector<ParkedUser> read_parked(Connection& database) {
  std::vector<ParkedUser> parked;
  Statement query = database.statement(R"(
      SELECT sources.name, users.user_id, users.parked_until_ms, users.failures, users.last_error
      FROM users JOIN sources ON sources.id = users.source WHERE users.status = 'parked'
      ORDER BY users.parked_until_ms LIMIT 20)");
  query.bind();
  while (query.step()) {
    ParkedUser user;
    user.source = query.text(0);
    user.user_id = query.text(1);
    user.until = query.maybe_instant(2);
    user.failures = query.small_integer(3);
    user.error = query.text(4);
    parked.push_back(std::move(user));
  }
  return parked;
}

Status status_in(Connection& database) {
  Status status;
  status.sources = read_sources(database);
  status.sinks = read_sinks(database);
  status.parked = read_parked(database);
  return status;
}

Status snapshot_of_status(Connection& database) {
  database.execute("BEGIN");
  return status_in(database);
}

std::vector<OutgoingMessage> last_messages_in(Connection& database, int count) {
  database.execute("BEGIN");
  Statement query = database.statement(R"(
      SELECT id FROM (
          SELECT id, CASE instant_ms WHEN -1 THEN stored_ms ELSE instant_ms END AS dated FROM messages
          ORDER BY id DESC LIMIT ?1)
      ORDER BY dated, id)");
  return read_messages(database, read_ids(query.bind(std::max(count, 0))));
}

std::vector<OutgoingMessage> delivered_messages_in(Connection& database, const std::string& sink,
                                                   const std::vector<TouchedDay>& days) {
  database.execute("BEGIN");
  std::vector<OutgoingMessage> messages;
  Statement undated = database.statement(R"(
      SELECT messages.id FROM messages
      JOIN deliveries ON deliveries.message = messages.id AND deliveries.state = 1
      JOIN sinks ON sinks.id = deliveries.sink
      WHERE sinks.name = ?1 AND messages.user = ?2 AND instant_ms = -1
      ORDER BY stored_ms, messages.id)");
  // -1 means an unknown instant, which is in no span.
  Statement dated = database.statement(R"(
      SELECT messages.id FROM messages
      JOIN deliveries ON deliveries.message = messages.id AND deliveries.state = 1
      JOIN sinks ON sinks.id = deliveries.sink
      WHERE sinks.name = ?1 AND messages.user = ?2 AND instant_ms >= ?3 AND instant_ms < ?4
        AND instant_ms <> -1
      ORDER BY instant_ms, messages.id)");
  for (const TouchedDay& day : days) {
    Statement& query = day.day ? dated.bind(sink, day.user, day.day->from, day.day->to) : undated.bind(sink, day.user);
    std::vector<OutgoingMessage> found = read_messages(database, read_ids(query));
    std::move(found.begin(), found.end(), std::back_inserter(messages));
  }
  return messages;
}

std::vector<RemoteRecord> remote_records_in(Connection& database, const std::string& sink,
                                            const std::vector<std::pair<DeliveryUserId, std::string>>& keys) {
  database.execute("BEGIN");
  std::vector<RemoteRecord> records;
  Statement query = database.statement(R"(
      SELECT remote_id, digest, saved FROM remote_records JOIN sinks ON sinks.id = remote_records.sink
      WHERE sinks.name = ?1 AND user = ?2 AND key = ?3)");
  for (const auto& [user, key] : keys) {
    if (!query.bind(sink, user, key).step()) {
      continue;
    }
    records.push_back({user, key, query.text(0), query.text(1), saved_from(database, query.text(2))});
  }
  return records;
}

// Returns the result of `read` on the state of `directory`.
template <class Read>
auto read_beside_a_writer(const std::filesystem::path& directory, const Read& read) {
  const std::filesystem::path file = directory / database_name;
  const std::filesystem::path log = file.string() + "-wal";
  const auto writer_is_there = [&log] {
    std::error_code error;
    return std::filesystem::exists(log, error);
  };
  // Without a log the file is read as a file without a writer. If a writer started or ended meanwhile, the result may
  // be inconsistent, and the file is read again.
  for (int attempt = 0;; ++attempt) {
    const bool before = writer_is_there();
    try {
      auto found = read(*open_for_reading(file));
      if (before || !writer_is_there() || attempt == 3) {
        return found;
      }
    } catch (const StorageError&) {
      if (before == writer_is_there() || attempt == 3) {
        throw;
      }
    }
  }
}

}  // namespace

Status read_status(const std::filesystem::path& directory) {
  return read_beside_a_writer(directory, snapshot_of_status);
}

Status read_status(MemoryDisk& disk) {
  return snapshot_of_status(*open_for_reading(disk));
}

Status read_status(Store& store) {
  return status_in(*store.impl_->database);
}

std::vector<OutgoingMessage> read_last_messages(const std::filesystem::path& directory, int count) {
  return read_beside_a_writer(directory, [count](Connection& database) { return last_messages_in(database, count); });
}

std::vector<OutgoingMessage> read_last_messages(MemoryDisk& disk, int count) {
  return last_messages_in(*open_for_reading(disk), count);
}

std::vector<OutgoingMessage> read_delivered_messages(const std::filesystem::path& directory, const std::string& sink,
                                                     const std::vector<TouchedDay>& days) {
  return read_beside_a_writer(directory,
                              [&](Connection& database) { return delivered_messages_in(database, sink, days); });
}

std::vector<RemoteRecord> read_remote_records(const std::filesystem::path& directory, const std::string& sink,
                                              const std::vector<std::pair<DeliveryUserId, std::string>>& keys) {
  return read_beside_a_writer(directory, [&](Connection& database) { return remote_records_in(database, sink, keys); });
}

}  // namespace elit::storage
