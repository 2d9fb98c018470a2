#include "storage/store.hpp"

#include "core/check.hpp"
#include "storage/database.hpp"
#include "storage/soundness.hpp"
#include "storage/store_impl.hpp"

namespace elit::storage {
namespace {

// Staged lists stay in memory: after a restart the users are listed again, and a poll of many users must not write all
// of them to the disk.
constexpr const char* staging_tables = R"(
  CREATE TEMP TABLE staged_audiences (audience INTEGER PRIMARY KEY, rank INTEGER) STRICT;
  CREATE TEMP TABLE staged_members (
    audience INTEGER NOT NULL,
    user INTEGER NOT NULL,
    element TEXT,  -- only where it differs from the stored one
    PRIMARY KEY (audience, user)
  ) STRICT, WITHOUT ROWID;
  CREATE TEMP TABLE staged_newcomers (
    audience INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    element TEXT NOT NULL,
    PRIMARY KEY (audience, user_id)
  ) STRICT, WITHOUT ROWID;
)";

std::unique_ptr<Connection> open_database(const StateDirectory& directory) {
  directory.prepare_database();
  return open_for_writing(directory.database());
}

// Rolls back a transaction whose rollback failed before, for lack of memory or on a failing disk.
void undo_what_is_left(Connection& database) {
  if (database.in_transaction()) {
    database.execute("ROLLBACK");
  }
}

void take_over(Connection& database) {
  database.execute(staging_tables);
  // The answers to requests that were in flight when the previous process ended are lost.
  database.execute("UPDATE batches SET in_flight = 0, answer_lost = 1 WHERE in_flight = 1");
}

}  // namespace

Store::Impl::Impl(const std::filesystem::path& path)
    : directory(std::in_place, path), database(open_database(*directory)) {
  take_over(*database);
  directory->remember_files();
}

Store::Impl::Impl(MemoryDisk& disk) : database(open_for_writing(disk)) {
  take_over(*database);
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

std::unique_ptr<Store> Store::open(const std::filesystem::path& directory) {
  return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(directory)));
}

std::unique_ptr<Store> Store::open(MemoryDisk& disk) {
  return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(disk)));
}

bool Store::needs_check() const {
  return !is_checked_at_once(*impl_->database);
}

void Store::require_own_files() const {
  if (impl_->directory) {
    impl_->directory->require_files();
  }
}

void Store::begin_group() {
  check(!impl_->grouping, "groups do not nest");
  undo_what_is_left(*impl_->database);
  impl_->statement("BEGIN IMMEDIATE").run();
  impl_->grouping = true;
}

void Store::commit_group() {
  check(impl_->grouping && impl_->database->in_transaction(), "a group that is committed was begun and has not failed");
  impl_->statement("COMMIT").run();
  impl_->grouping = false;
}

void Store::rollback_group() {
  check(impl_->grouping, "a group that is rolled back was begun");
  impl_->grouping = false;
  impl_->counted.clear();
  // After some errors SQLite has rolled back already.
  if (impl_->database->in_transaction()) {
    impl_->database->execute("ROLLBACK");
  }
}

Transaction::Transaction(Store::Impl& impl) : impl_(impl) {
  check(!impl_.grouping || impl_.database->in_transaction(), "a group that failed is rolled back before it goes on");
  if (!impl_.grouping) {
    undo_what_is_left(*impl_.database);
  }
  impl_.statement(impl_.grouping ? "SAVEPOINT call" : "BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  if (!open_ || !impl_.database->in_transaction()) {
    return;
  }
  try {
    impl_.database->execute(impl_.grouping ? "ROLLBACK TO call; RELEASE call" : "ROLLBACK");
  } catch (const std::exception&) {
    // The first error is already being thrown. The rollback is repeated before the next call or when the file is opened
    // again.
  }
}

void Transaction::commit() {
  impl_.statement(impl_.grouping ? "RELEASE call" : "COMMIT").run();
  open_ = false;
}

const char* to_string(UserStatus status) {
  switch (status) {
    case UserStatus::following:
      return "following";
    case UserStatus::draining:
      return "draining";
    case UserStatus::gone:
      return "gone";
    case UserStatus::parked:
      return "parked";
    case UserStatus::erased:
      return "erased";
  }
  check(false, "every user status has a name");
  return "";
}

UserStatus user_status_from(std::string_view name) {
  for (const UserStatus status : {UserStatus::following, UserStatus::draining, UserStatus::gone, UserStatus::parked}) {
    if (name == to_string(status)) {
      return status;
    }
  }
  return UserStatus::erased;
}

}  // namespace elit::storage
