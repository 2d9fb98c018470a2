#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite.hpp"
#include "storage/state_directory.hpp"
#include "storage/store.hpp"
#include "storage/store_impl.hpp"
#include "tests/support/scratch_directory.hpp"

namespace elit::storage {

// Gives access to the store's connection, to cause what its context could cause.
class StorePeek {
 public:
  static Connection& connection(Store& store) { return *store.impl_->database; }
  static bool grouping(Store& store) { return store.impl_->grouping; }
};

// The kind of the StorageError that `action` throws; a failed test without one.
template <class Action>
StorageError::Kind kind_thrown_by(Action&& action, std::string* message = nullptr) {
  try {
    action();
  } catch (const StorageError& error) {
    if (message != nullptr) {
      *message = error.what();
    }
    return error.kind();
  }
  ADD_FAILURE() << "no StorageError";
  return StorageError::Kind::unreadable;
}

inline constexpr std::int64_t day = 1'767'225'600'000;  // 2026-01-01

inline Interval span_of(std::int64_t from_ms_of_day, std::int64_t to_ms_of_day) {
  return Interval{from_ms(day + from_ms_of_day), from_ms(day + to_ms_of_day)};
}

// Evenly spread over all values, as real digests are.
inline Digest digest_of(std::uint64_t number) {
  Digest digest;
  std::uint64_t state = number;
  for (std::uint8_t& byte : digest.bytes) {
    state = (state ^ state >> 29U) * 0xBF58476D1CE4E5B9U + 1;
    byte = static_cast<std::uint8_t>(state >> 56U);
  }
  return digest;
}

// A row whose digest follows from its instant and text.
inline OrderedRow row_at(std::int64_t ms_of_day, const std::string& text = "hello") {
  OrderedRow ordered;
  ordered.order = from_ms(day + ms_of_day);
  ordered.row.instant = ordered.order;
  ordered.row.instant_text = std::to_string(day + ms_of_day);
  ordered.row.direction = Direction::in;
  ordered.row.sender = "user";
  ordered.row.type = "TEXT";
  ordered.row.text = text;
  ordered.row.raw = "{\"text\":\"" + text + "\"}";
  ordered.row.digest = digest_of(static_cast<std::uint64_t>(ms_of_day) * 1'000'003U + std::hash<std::string>()(text));
  return ordered;
}

inline WindowCommit rows_read(UserRow user, std::vector<OrderedRow> rows, std::int64_t read_at_ms_of_day = 1'000'000) {
  WindowCommit commit;
  commit.user = user;
  commit.rows = std::move(rows);
  commit.read_at = from_ms(day + read_at_ms_of_day);
  return commit;
}

// A store with one source, one audience and, on demand, users and sinks.
class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { reopen(); }

  // The state after the end of the process in any way: nothing more is committed.
  void reopen() {
    store_.reset();
    store_ = Store::open(directory());
    source_ = store_->register_source("support");
    audience_ = store_->register_audiences(source_, {{"feedback", "1"}}).front();
  }

  [[nodiscard]] std::filesystem::path directory() const { return temporary_.path() / "state"; }
  Store& store() { return *store_; }
  Connection& connection() { return StorePeek::connection(*store_); }

  static std::vector<ListedUser> listed(const std::vector<std::string>& ids) {
    std::vector<ListedUser> users;
    for (const std::string& id : ids) {
      users.push_back(ListedUser{id, "{\"id\":\"" + id + "\"}"});
    }
    return users;
  }

  ListingChange list(const std::vector<std::string>& ids, std::int64_t at_ms_of_day = 0,
                     bool members_may_leave = true) {
    store_->stage_listing(audience_, listed(ids));
    return store_->apply_listings(source_, {{audience_, members_may_leave}}, from_ms(day + at_ms_of_day));
  }

  UserRow follow(const std::string& id) {
    store_->stage_listing(audience_, listed({id}));
    return store_->apply_listings(source_, {{audience_, false}}, from_ms(day)).arrived.at(0);
  }

  // Stores `count` messages of a user, a millisecond apart, and returns their ids.
  std::vector<MessageId> store_messages(UserRow user, int count, std::int64_t first_ms_of_day = 0) {
    const MessageId before = connection().integer("SELECT max(id) FROM messages");
    std::vector<OrderedRow> rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(row_at(first_ms_of_day + i));
    }
    store_->commit_window(rows_read(user, std::move(rows)));
    std::vector<MessageId> ids;
    for (int i = 1; i <= count; ++i) {
      ids.push_back(before + i);
    }
    return ids;
  }

  // The rows of a query, columns joined by '|' and NULL as '-'.
  std::vector<std::string> rows_of(const std::string& sql) {
    std::vector<std::string> rows;
    queries_.push_back(std::make_unique<std::string>(sql));
    Statement query = connection().statement(*queries_.back());
    query.bind();
    while (query.step()) {
      std::string row;
      for (int column = 0; column < column_count(sql); ++column) {
        row += (column > 0 ? "|" : "") + (query.is_null(column) ? "-" : query.text(column));
      }
      rows.push_back(row);
    }
    return rows;
  }

  ScratchDirectory temporary_;
  std::unique_ptr<Store> store_;
  SourceId source_ = 0;
  AudienceId audience_ = 0;

 private:
  // Columns are counted by the commas outside of parentheses before FROM.
  static int column_count(const std::string& sql) {
    int count = 1;
    int depth = 0;
    for (std::size_t i = 0; i < sql.find(" FROM "); ++i) {
      depth += sql[i] == '(' ? 1 : sql[i] == ')' ? -1 : 0;
      count += sql[i] == ',' && depth == 0 ? 1 : 0;
    }
    return count;
  }

  std::vector<std::unique_ptr<std::string>> queries_;  // statements are cached by their text, which must stay
};

}  // namespace elit::storage
