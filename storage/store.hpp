#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/delivery/delivery_record.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/fetch/fetch_record.hpp"
#include "core/fetch/roster.hpp"
#include "core/fetch/source_condition.hpp"
#include "core/message.hpp"

// The durable state. Only this library uses SQLite. It makes no decisions.
namespace elit {
struct Status;
}

namespace elit::storage {

using SourceId = std::int64_t;
using SinkId = std::int64_t;
using MessageId = std::int64_t;  // ascending in the order in which messages are released to the sinks
using BatchId = std::int64_t;

// A fault of the machine or of the state: the program cannot continue. Every call of this library may throw it; each
// verb catches it once, at its top.
class StorageError : public std::runtime_error {
 public:
  enum class Kind {
    full,        // no room on the disk
    unreadable,  // any other I/O error: permission, read-only, hardware
    corrupt,     // the file is damaged
    foreign,     // another program wrote the file
    newer,       // the file was written by a later version
    in_use,      // another instance holds the state directory
    replaced,    // the files were deleted or exchanged while they were open
  };
  StorageError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// Name of the fact that holds the measured backfill rate: users whose history is completed in an hour, as a decimal
// number. The fact is absent before the first measurement.
inline constexpr std::string_view backfill_rate_fact = "backfill_users_per_hour";

using elit::AudienceId;
using elit::BatchSplit;
using elit::DeliveryOutcome;
using elit::DeliveryState;
using elit::ListingChange;
using elit::ListingDecision;
using elit::OpenBatch;
using elit::OrderedRow;
using elit::PendingMessage;
using elit::ScheduledUser;
using elit::StagedPage;
using elit::UserFailure;
using elit::UserRow;
using elit::UserState;
using elit::UserStatus;
using elit::WindowCommit;
using elit::WindowCounts;
using elit::WindowKind;
using elit::WindowProgress;
using DeliverableMessage = OutgoingMessage;

struct BatchSettlement {
  SinkId sink = 0;
  BatchId batch = 0;
  Instant at;
  std::vector<DeliveryOutcome> outcomes;  // one for each message of the batch that is in no split
  std::vector<BatchSplit> splits;         // new open batches, in this order
};

struct SinkTotals {
  std::string sink;
  std::int64_t delivered = 0;
  std::int64_t pending = 0;
  std::int64_t dead = 0;
  std::int64_t suppressed = 0;
};

struct Ledger {
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::int64_t stored = 0;  // messages of the source in the store, counted in the table
  std::vector<SinkTotals> sinks;
};

class MemoryDisk;

// The state directory, opened for writing. A lock file allows one instance in the whole system. One thread uses it.
// Every public call is atomic: it is a transaction of its own, or a part of the group's transaction (see begin_group).
class Store {
 public:
  // Takes the lock (in_use after at most one second), opens or creates `directory`/elitbuzz-sync.db with mode 0600,
  // checks that this program wrote it, that it is sound and not newer than this program, and migrates it. Creates
  // `directory` (0700) if its parent exists. An existing file is never recreated.
  [[nodiscard]] static std::unique_ptr<Store> open(const std::filesystem::path& directory);
  // Opens the state on a disk in memory, without directory, lock and file modes. The disk outlives the store. The first
  // store on a disk creates the schema; copying that disk is cheaper than creating the schema on another one.
  [[nodiscard]] static std::unique_ptr<Store> open(MemoryDisk& disk);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // Whether the file was too large to be checked whole when it was opened; a BackgroundCheck should follow.
  [[nodiscard]] bool needs_check() const;

  // Throws StorageError (replaced) if the files of the state are no longer those that were opened: somebody deleted
  // them or put others in their place, and what is written now would be lost with them.
  void require_own_files() const;

  // Group commit: calls between begin_group and commit_group share one durable transaction; each is still atomic by
  // itself. After an exception the group must be rolled back.
  void begin_group();
  void commit_group();
  void rollback_group();

  // --- Sources, audiences and sinks of the configuration. A name identifies each of them; its id never changes.
  SourceId register_source(std::string_view name);
  // Makes `audiences` (attribute, value) the source's audiences. Earlier audiences that are not in the list lose their
  // members.
  std::vector<AudienceId> register_audiences(SourceId source,
                                             const std::vector<std::pair<std::string, std::string>>& audiences);
  // Makes `sinks` (name, history) the sinks in use. A new sink with history gets all stored messages. For a new sink
  // without history they are suppressed, and with `since` also messages that are stored later but dated before `since`.
  // A sink that is not in the list keeps its state; it continues there when it is listed again.
  std::vector<SinkId> register_sinks(const std::vector<std::pair<std::string, bool>>& sinks,
                                     std::optional<Instant> since = std::nullopt);

  // --- The roster.
  // Stages the complete list of an audience for apply_listings and compares it with the members. Repeated ids count
  // once.
  ListingCounts stage_listing(AudienceId audience, const std::vector<ListedUser>& users);
  // Applies the staged lists. Members become followed (first_matched, last_matched = at). A followed user who is no
  // longer a member of any audience becomes draining, departed at `at`. If several audiences list a user, the element
  // of the first one is stored.
  ListingChange apply_listings(SourceId source, const std::vector<ListingDecision>& decisions, Instant at);
  // Calls `visit` for every user that is followed, draining or parked.
  void visit_users(SourceId source, const std::function<void(const ScheduledUser&)>& visit);
  [[nodiscard]] UserState load_user(UserRow row);
  void record_failure(const UserFailure& failure);

  // --- Reading.
  void stage_page(const StagedPage& page);
  // `width`: the widest window of this kind that fits, as far as known now; absent: keeps what is stored.
  void discard_window(UserRow user, WindowKind kind, std::optional<Milliseconds> width);
  WindowCounts commit_window(const WindowCommit& commit);
  // The number of these rows, all of one page, that are already stored.
  [[nodiscard]] std::int64_t count_known(UserRow user, const std::vector<OrderedRow>& rows);
  // The number of stored messages of the user with an instant in `span`.
  [[nodiscard]] std::int64_t count_messages(UserRow user, Interval span);
  // The recorded facts about the vendor's dialect: name and value, ascending by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts(SourceId source);
  void record_fact(SourceId source, std::string_view name, std::string_view value);

  // --- Delivering.
  // Messages after `after` that have no outcome, no recorded failure and are in no open batch; at most `limit`.
  [[nodiscard]] std::vector<PendingMessage> pending_after(SinkId sink, MessageId after, int limit);
  // Messages after `after` that failed or were held back before, are still pending and are in no open batch; at most
  // `limit`.
  [[nodiscard]] std::vector<PendingMessage> held_back(SinkId sink, int limit, MessageId after = 0);
  [[nodiscard]] std::vector<OpenBatch> open_batches(SinkId sink);
  // The id from which pending_after must start after a restart: every message up to it has an outcome or a record.
  [[nodiscard]] MessageId scanned_to(SinkId sink);
  [[nodiscard]] bool has_delivered(SinkId sink);
  void record_scanned_to(SinkId sink, MessageId id);
  // Records that these messages wait for an earlier message of their user. The scan may then pass them.
  void hold_back(SinkId sink, const std::vector<MessageId>& messages, Instant at);
  // Creates a batch and marks it in flight. It is durable when the group is committed; commit before sending.
  BatchId begin_batch(SinkId sink, const std::vector<MessageId>& messages, Instant at);
  // Marks an open batch in flight again.
  void begin_attempt(BatchId batch, Instant at);
  // Records that an attempt failed as a whole; the unchanged batch waits for the next attempt. `charged`: the failure
  // counts as an attempt.
  void record_attempt_failure(BatchId batch, std::string_view error, bool answer_lost, bool charged, Instant not_before,
                              Instant at);
  // Returns the ids of the batches that were created from the splits, in the order of the splits.
  std::vector<BatchId> settle_batch(const BatchSettlement& settlement);
  [[nodiscard]] std::vector<DeliverableMessage> load_messages(const std::vector<MessageId>& ids);
  // The messages of the user that were delivered to the sink and have an instant in `dated`; without `dated`, those
  // whose instant is unknown. Ascending by date (if unknown, by the time of storing), then by id.
  [[nodiscard]] std::vector<DeliverableMessage> delivered_messages(SinkId sink, UserRow user,
                                                                   std::optional<Interval> dated);
  // The records that the sink is known to hold under these users and keys, in the order of `keys`. Unknown ones are
  // left out.
  [[nodiscard]] std::vector<RemoteRecord> remote_records(SinkId sink,
                                                         const std::vector<std::pair<UserRow, std::string>>& keys);
  // Records what the sink holds now. A record replaces the earlier one of the same user and key. Requires: the users
  // exist.
  void keep_remote_records(SinkId sink, const std::vector<RemoteRecord>& records, Instant at);

  // --- For the operator.
  // Records the state of a source or sink for `status`: `state` is a word or two (running, paused: credential),
  // `reason` is one line.
  void record_source_state(SourceId source, std::string_view state, std::string_view reason, Instant at);
  void record_sink_state(SinkId sink, std::string_view state, std::string_view reason, Instant at);
  // What is wrong with a source besides its state: `status` shows `detail` (a sentence) as a problem until the
  // condition ends. Beginning it again replaces the detail and keeps the time of its beginning. Ending a condition that
  // does not exist has no effect.
  void begin_condition(SourceId source, SourceCondition condition, std::string_view detail, Instant at);
  void end_condition(SourceId source, SourceCondition condition);
  // The totals of a source since the state was created, and those of every sink in use for the source's messages.
  // `stored` and `pending` are counted in the tables and not derived from the other numbers, so that a mismatch becomes
  // visible.
  [[nodiscard]] Ledger ledger(SourceId source);

  struct Impl;  // opaque

 private:
  friend class StorePeek;  // tests
  friend Status read_status(Store& store);
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace elit::storage
