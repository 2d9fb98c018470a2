#pragma once

#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "storage/sqlite.hpp"
#include "storage/store.hpp"

// Private to this folder: reads stored messages for delivery, on the writer's connection or on another.
namespace elit::storage {

// The messages with these ids, in the order of `ids`. Throws StorageError (corrupt) when one is missing.
[[nodiscard]] std::vector<OutgoingMessage> read_messages(Connection& database, const std::vector<MessageId>& ids);

// The ids in the first column of a query. Requires: its values are bound.
[[nodiscard]] std::vector<MessageId> read_ids(Statement& query);

}  // namespace elit::storage
