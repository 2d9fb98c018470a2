#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "storage/sqlite.hpp"
#include "storage/state_directory.hpp"
#include "storage/store.hpp"

namespace elit::storage {

// What the files of the Store share; private to this folder and its tests.
struct Store::Impl {
  explicit Impl(const std::filesystem::path& path);
  explicit Impl(MemoryDisk& disk);

  [[nodiscard]] Statement statement(std::string_view sql) { return database->statement(sql); }

  // How many messages of a source there are up to an id, as counted in the table itself; see Store::ledger.
  struct Counted {
    MessageId to = 0;
    std::int64_t messages = 0;
  };

  std::optional<StateDirectory> directory;  // outlives the connection: the lock is let go last
  std::unique_ptr<Connection> database;
  bool grouping = false;
  std::map<std::pair<SourceId, SinkId>, Counted> counted;  // sink 0: all; a sink: up to where it has scanned
};

// One public call: a transaction, or a savepoint within the group's. Undone unless committed.
class Transaction {
 public:
  explicit Transaction(Store::Impl& impl);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Store::Impl& impl_;
  bool open_ = true;
};

[[nodiscard]] const char* to_string(UserStatus status);
[[nodiscard]] UserStatus user_status_from(std::string_view name);

}  // namespace elit::storage
