#include <map>

#include "core/text/json_text.hpp"
#include "storage/delivery_rows.hpp"
#include "storage/store_impl.hpp"

// The records of ours that a CRM is known to hold.
namespace elit::storage {
namespace {

std::string text_of(const std::map<std::string, std::string>& saved) {
  std::string text = "{";
  for (const auto& [name, value] : saved) {
    text += text.size() > 1 ? "," : "";
    append_json_quoted(text, name);
    text += ':';
    append_json_quoted(text, value);
  }
  return text + '}';
}

}  // namespace

std::vector<DeliverableMessage> Store::delivered_messages(SinkId sink, UserRow user, std::optional<Interval> dated) {
  if (!dated) {
    Statement query = impl_->statement(R"(
      SELECT id FROM messages WHERE user = ?2 AND instant_ms = -1
        AND EXISTS (SELECT 1 FROM deliveries
                    WHERE deliveries.sink = ?1 AND deliveries.message = messages.id AND deliveries.state = 1)
      ORDER BY stored_ms, id)");
    return read_messages(*impl_->database, read_ids(query.bind(sink, user)));
  }
  // -1 means an unknown instant, which is in no span.
  Statement query = impl_->statement(R"(
      SELECT id FROM messages WHERE user = ?2 AND instant_ms >= ?3 AND instant_ms < ?4 AND instant_ms <> -1
        AND EXISTS (SELECT 1 FROM deliveries
                    WHERE deliveries.sink = ?1 AND deliveries.message = messages.id AND deliveries.state = 1)
      ORDER BY instant_ms, id)");
  return read_messages(*impl_->database, read_ids(query.bind(sink, user, dated->from, dated->to)));
}

std::vector<RemoteRecord> Store::remote_records(SinkId sink, const std::vector<std::pair<UserRow, std::string>>& keys) {
  std::vector<RemoteRecord> records;
  Statement query = impl_->statement(
      "SELECT remote_id, digest, saved FROM remote_records WHERE sink = ?1 AND user = ?2 AND key = ?3");
  for (const auto& [user, key] : keys) {
    if (query.bind(sink, user, key).step()) {
      records.push_back({user, key, query.text(0), query.text(1), saved_from(*impl_->database, query.text(2))});
    }
  }
  return records;
}

void Store::keep_remote_records(SinkId sink, const std::vector<RemoteRecord>& records, Instant at) {
  Transaction transaction(*impl_);
  Statement upsert = impl_->statement(R"(
      INSERT INTO remote_records (sink, user, key, remote_id, digest, saved, updated_ms)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT (sink, user, key) DO UPDATE SET remote_id = excluded.remote_id, digest = excluded.digest,
          saved = excluded.saved, updated_ms = excluded.updated_ms)");
  for (const RemoteRecord& record : records) {
    const std::string saved = text_of(record.saved);
    upsert.run(sink, record.user, record.key, record.remote_id, record.digest, saved, at);
  }
  transaction.commit();
}

}  // namespace elit::storage
