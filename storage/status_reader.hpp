#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/delivery/delivery_record.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/instant.hpp"

// Reads the state for verbs that only read, beside a running daemon or without one.
namespace elit::storage {

struct PeerState {
  std::string state;   // running, paused: credential, ...; empty when nothing was recorded yet
  std::string reason;  // one line
  std::optional<Instant> since;
};

struct LatenessBucket {
  int bucket = 0;  // as in core's Lateness: 0 is below a second, n is [2^(n-1), 2^n) seconds
  std::int64_t count = 0;
};

struct SourceStatus {
  std::string name;
  PeerState state;
  std::int64_t following = 0;
  std::int64_t draining = 0;
  std::int64_t parked = 0;
  std::int64_t gone = 0;
  // Of those that are following or draining:
  std::int64_t never_read = 0;
  std::optional<Instant> oldest_read;  // the earliest last read among them; users never read are not counted
  std::int64_t history_complete = 0;
  std::int64_t history_incomplete = 0;
  std::optional<double> backfill_users_per_hour;  // measured during the latest backfill; absent: not known yet
  std::int64_t messages = 0;
  std::optional<Instant> last_message;
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::vector<LatenessBucket> lateness;
};

struct SinkStatus {
  std::string name;
  PeerState state;
  std::int64_t pending = 0;  // in flight and unknown messages not included
  std::int64_t in_flight = 0;
  std::int64_t unknown = 0;
  std::int64_t delivered = 0;
  std::int64_t dead = 0;
  std::int64_t suppressed = 0;
  std::optional<Instant> oldest_pending;  // when the oldest message that is pending, in flight or unknown was stored
  std::string last_error;
  std::optional<Instant> last_error_at;
};

struct ParkedUser {
  std::string source;
  std::string user_id;
  std::optional<Instant> until;
  int failures = 0;
  std::string error;
};

struct Status {
  std::vector<SourceStatus> sources;  // all sources in the state, also those that are no longer configured
  std::vector<SinkStatus> sinks;      // sinks in use
  std::vector<ParkedUser> parked;     // those that are tried again first; at most 20
};

// Reads a consistent snapshot of the state in `directory`; creates nothing. Throws StorageError, also when there is no
// state yet.
[[nodiscard]] Status read_status(const std::filesystem::path& directory);

class MemoryDisk;
[[nodiscard]] Status read_status(MemoryDisk& disk);

// The `count` messages that were stored last, ascending by date (an unknown date counts as the time of storing), then
// by id; fewer when the state has fewer. Errors as read_status.
[[nodiscard]] std::vector<OutgoingMessage> read_last_messages(const std::filesystem::path& directory, int count);
[[nodiscard]] std::vector<OutgoingMessage> read_last_messages(MemoryDisk& disk, int count);

// The messages of these days that were delivered to the named sink; those of each day ascending by date, then by id.
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
