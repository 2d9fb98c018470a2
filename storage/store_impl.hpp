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

// The parts that the files of the Store share. Private to this folder and its tests.
struct Store::Impl {
  explicit Impl(const std::filesystem::path& path);
  explicit Impl(MemoryDisk& disk);

  [[nodiscard]] Statement statement(std::string_view sql) { return database->statement(sql); }

  // The number of messages of a source up to an id, counted in the table; see Store::ledger.
  struct Counted {
    MessageId to = 0;
    std::int64_t messages = 0;
  };

  std::optional<StateDirectory> directory;  // outlives the connection, so that the lock is released last
  std::unique_ptr<Connection> database;
  bool grouping = false;
  std::map<std::pair<SourceId, SinkId>, Counted> counted;  // sink 0: all messages; a sink: those up to scanned_to
};

// The transaction of one public call, or its savepoint inside the group's transaction. The destructor rolls back unless
// commit() was called.
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
