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

// What we know for certain. The only library that knows SQLite; it decides nothing.
namespace elit::storage {

using SourceId = std::int64_t;
using SinkId = std::int64_t;
using MessageId = std::int64_t;  // ascending in the order in which messages are released to the sinks
using BatchId = std::int64_t;

// Our machine cannot go on. Thrown by every call of this library and caught once, in the composition root.
class StorageError : public std::runtime_error {
 public:
  enum class Kind {
    full,        // no room on the disk
    unreadable,  // any other I/O error: permission, read-only, hardware
    corrupt,     // the file is damaged
    foreign,     // the file is not ours
    newer,       // the file was written by a later version
    in_use,      // another instance holds the state directory
  };
  StorageError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// The fact that says how many users' histories are completed in an hour, a decimal number; absent before it is known.
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
  std::int64_t stored = 0;  // messages of the source that are in the store, counted on their own
  std::vector<SinkTotals> sinks;
};

class MemoryDisk;

struct Status;

// The state directory, opened for writing. One instance in the whole system (a lock file guards it); used by one
// thread. Every public call is atomic: its own transaction, or a part of the group's (see begin_group).
class Store {
 public:
  // Takes the lock (in_use after at most one second), opens or creates `directory`/elitbuzz-sync.db with mode 0600,
  // checks that it is ours, sound and not newer than this program, and migrates it. Creates `directory` (0700) if its
  // parent exists. An existing file is never recreated.
  [[nodiscard]] static std::unique_ptr<Store> open(const std::filesystem::path& directory);
  // The state on a disk in memory, which outlives the store: the same without directory, lock and modes. Opening the
  // first store on a disk creates the schema; a copy of such a disk is cheaper than another first one.
  [[nodiscard]] static std::unique_ptr<Store> open(MemoryDisk& disk);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // Group commit: calls between begin_group and commit_group share one durable transaction; each is still atomic by
  // itself. After an exception the group must be rolled back.
  void begin_group();
  void commit_group();
  void rollback_group();

  // --- What is configured. Names are identities; ids are stable forever.
  SourceId register_source(std::string_view name);
  // Makes `audiences` the source's audiences; those it had before and that are not named keep no members.
  std::vector<AudienceId> register_audiences(SourceId source,
                                             const std::vector<std::pair<std::string, std::string>>& audiences);
  // Makes `sinks` (name, history) the ones in use. A new sink starts before all stored messages or, without history,
  // after them (they are suppressed for it; with `since` also those that are stored later but dated before it). One
  // that is no longer named keeps its place for when it comes back.
  std::vector<SinkId> register_sinks(const std::vector<std::pair<std::string, bool>>& sinks,
                                     std::optional<Instant> since = std::nullopt);

  // --- The roster.
  // Remembers a complete list of an audience for apply_listings and compares it with the members. Repeated ids count
  // once.
  ListingCounts stage_listing(AudienceId audience, const std::vector<ListedUser>& users);
  // Applies the staged lists: members become followed (first_matched, last_matched = at); a followed user who is a
  // member of no audience any more becomes draining, departed at `at`. The element kept is the one of the first
  // audience that lists the user.
  ListingChange apply_listings(SourceId source, const std::vector<ListingDecision>& decisions, Instant at);
  // Calls `visit` for every user that is followed, draining or parked.
  void visit_users(SourceId source, const std::function<void(const ScheduledUser&)>& visit);
  [[nodiscard]] UserState load_user(UserRow row);
  void record_failure(const UserFailure& failure);

  // --- Reading.
  void stage_page(const StagedPage& page);
  void discard_window(UserRow user, WindowKind kind, std::optional<Milliseconds> window_width);
  WindowCounts commit_window(const WindowCommit& commit);
  // How many of these rows, read together in one page, are stored already.
  [[nodiscard]] std::int64_t count_known(UserRow user, const std::vector<OrderedRow>& rows);
  // How many messages of the user with an instant in `span` are stored.
  [[nodiscard]] std::int64_t count_messages(UserRow user, Interval span);
  // Facts learnt about the vendor's dialect, by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts(SourceId source);
  void record_fact(SourceId source, std::string_view name, std::string_view value);

  // --- Delivering.
  // Messages after `after` that have no outcome, no recorded failure and are in no open batch; at most `limit`.
  [[nodiscard]] std::vector<PendingMessage> pending_after(SinkId sink, MessageId after, int limit);
  // Those after `after` that failed or were held back before, are still pending and are in no open batch.
  [[nodiscard]] std::vector<PendingMessage> held_back(SinkId sink, int limit, MessageId after = 0);
  [[nodiscard]] std::vector<OpenBatch> open_batches(SinkId sink);
  // The id from which pending_after must start after a restart: nothing at or below it is without outcome or record.
  [[nodiscard]] MessageId scanned_to(SinkId sink);
  void record_scanned_to(SinkId sink, MessageId id);
  // Records that these messages wait behind an earlier one of their user, so that the scan may pass them.
  void hold_back(SinkId sink, const std::vector<MessageId>& messages, Instant at);
  // Creates a batch and marks it in flight; durable when the group is committed, before any byte leaves.
  BatchId begin_batch(SinkId sink, const std::vector<MessageId>& messages, Instant at);
  // Marks an open batch in flight again.
  void begin_attempt(BatchId batch, Instant at);
  // The attempt failed as a whole and the batch waits to be repeated as it is. `charged`: it counts as an attempt.
  void record_attempt_failure(BatchId batch, std::string_view error, bool answer_lost, bool charged, Instant not_before,
                              Instant at);
  // Returns the ids of the batches made of the splits, in the order of the splits.
  std::vector<BatchId> settle_batch(const BatchSettlement& settlement);
  [[nodiscard]] std::vector<DeliverableMessage> load_messages(const std::vector<MessageId>& ids);
  // The messages of the user that are delivered to the sink: those with an instant in `dated` or, without it, those
  // whose instant is not known. Ascending by date (where that is not known, by when they were stored), then by id.
  [[nodiscard]] std::vector<DeliverableMessage> delivered_messages(SinkId sink, UserRow user,
                                                                   std::optional<Interval> dated);
  // What the sink is known to hold under these users and keys, in the order asked for; what is not known is left out.
  [[nodiscard]] std::vector<RemoteRecord> remote_records(SinkId sink,
                                                         const std::vector<std::pair<UserRow, std::string>>& keys);
  // Remembers what the sink holds, each in place of what was known of it. Requires: the users exist.
  void keep_remote_records(SinkId sink, const std::vector<RemoteRecord>& records, Instant at);

  // --- What the operator sees.
  // State of a source or sink in one word and one line (running, paused: credential, ...), for `status`.
  void record_source_state(SourceId source, std::string_view state, std::string_view reason, Instant at);
  void record_sink_state(SinkId sink, std::string_view state, std::string_view reason, Instant at);
  // What is wrong with a source besides its state: `status` shows `detail` (a sentence) as a problem until the
  // condition ends. Beginning it again replaces the detail and keeps the time of its beginning. Ending one that is not
  // there does nothing.
  void begin_condition(SourceId source, SourceCondition condition, std::string_view detail, Instant at);
  void end_condition(SourceId source, SourceCondition condition);
  // The totals of a source since the start of the state, and of every sink in use for that source's messages. `stored`
  // and `pending` are counted in the tables, not derived from the other numbers, so that a mismatch can be seen.
  [[nodiscard]] Ledger ledger(SourceId source);

  struct Impl;  // opaque

 private:
  friend class StorePeek;  // tests
  friend Status read_status(Store& store);
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace elit::storage
