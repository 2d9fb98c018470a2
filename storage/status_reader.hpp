#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/delivery/delivery_record.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/status/status.hpp"

// Reads the state for verbs that only read, with or without a running daemon.
namespace elit::storage {

// Reads a consistent snapshot of the state in `directory`; creates nothing. Throws StorageError, also when there is no
// state yet.
[[nodiscard]] Status read_status(const std::filesystem::path& directory);

class MemoryDisk;
[[nodiscard]] Status read_status(MemoryDisk& disk);

class Store;
// The same from an open store. Takes about a microsecond for each user.
[[nodiscard]] Status read_status(Store& store);

// The `count` messages that were stored last, ascending by date (an unknown date counts as the time of storing), then
// by id; fewer when the state has fewer. Errors as read_status.
[[nodiscard]] std::vector<OutgoingMessage> read_last_messages(const std::filesystem::path& directory, int count);
[[nodiscard]] std::vector<OutgoingMessage> read_last_messages(MemoryDisk& disk, int count);

// The messages of these days that were delivered to the named sink, day by day, each day ascending by date, then by id.
// Empty for a sink that the state does not know. Errors as read_status.
[[nodiscard]] std::vector<OutgoingMessage> read_delivered_messages(const std::filesystem::path& directory,
                                                                   const std::string& sink,
                                                                   const std::vector<TouchedDay>& days);

// The records that the named sink is known to hold under these keys, each with its user, in the order of the keys;
// unknown keys are left out. Otherwise as read_delivered_messages.
[[nodiscard]] std::vector<RemoteRecord> read_remote_records(
    const std::filesystem::path& directory, const std::string& sink,
    const std::vector<std::pair<DeliveryUserId, std::string>>& keys);

}  // namespace elit::storage
