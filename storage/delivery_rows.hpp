#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

// Private to this folder: reads messages for delivery and records of CRMs, on the writer's connection or on another.
namespace elit::storage {

// The messages with these ids, in the order of `ids`. Throws StorageError (corrupt) when one is missing.
[[nodiscard]] std::vector<OutgoingMessage> read_messages(Connection& database, const std::vector<MessageId>& ids);

// The ids in the first column of a query. Requires: its values are bound.
[[nodiscard]] std::vector<MessageId> read_ids(Statement& query);

// Reads RemoteRecord::saved from the text of its column. Throws StorageError (corrupt) for any other text.
[[nodiscard]] std::map<std::string, std::string> saved_from(const Connection& database, const std::string& text);

}  // namespace elit::storage
