#pragma once

#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

// Private to this folder: stored messages as they go out, read by the writer or beside it.
namespace elit::storage {

// The messages of these ids, in their order. Throws StorageError (corrupt) when one is missing.
[[nodiscard]] std::vector<OutgoingMessage> read_messages(Connection& database, const std::vector<MessageId>& ids);

// The ids that a query gives in its first column. Requires: its values are bound.
[[nodiscard]] std::vector<MessageId> read_ids(Statement& query);

}  // namespace elit::storage
