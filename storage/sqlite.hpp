#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/instant.hpp"
#include "core/message.hpp"

struct sqlite3;
struct sqlite3_stmt;

// A small wrapper of SQLite. Only sqlite.cpp and memory_disk_vfs.cpp include SQLite's header. Every error is a
// StorageError that names the file and what to do next, except errors that only a bug of ours can cause: they end the
// process.
namespace elit::storage {

class Connection;

// A prepared statement, borrowed from its connection's cache until it is destroyed. It must not outlive the connection.
class Statement {
 public:
  Statement(Connection& connection, std::string_view sql, sqlite3_stmt* handle);
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Restarts the statement with these values for ?1, ?2, ...: integers, booleans, instants, durations, digests, bytes
  // and texts, each also as an optional (absent: NULL). Texts and bytes are copied.
  template <class... Values>
  Statement& bind(const Values&... values) {
    bind_all(true, values...);
    return *this;
  }

  // Goes to the next row; false at the end.
  bool step();

  // Runs the statement to its end with these values, which are not copied.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(false, values...);
    while (step()) {
    }
    reset();
  }

  // The columns of the row, numbered from 0.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] int small_integer(int column) const { return static_cast<int>(integer(column)); }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] Instant instant(int column) const { return from_ms(integer(column)); }
  [[nodiscard]] std::optional<Instant> maybe_instant(int column) const;
  [[nodiscard]] std::string text(int column) const;                     // empty for NULL
  [[nodiscard]] std::span<const std::uint8_t> bytes(int column) const;  // valid until the next step
  [[nodiscard]] Digest digest(int column) const;

 private:
  template <class... Values>
  void bind_all([[maybe_unused]] bool copy, const Values&... values) {
    reset();
    [[maybe_unused]] int index = 0;
    (bind_value(++index, values, copy), ...);
  }
  void reset();
  void bind_null(int index);
  void bind_integer(int index, std::int64_t value);
  void bind_text(int index, std::string_view value, bool copy);
  void bind_bytes(int index, std::span<const std::uint8_t> value, bool copy);

  void bind_value(int index, std::nullopt_t, bool) { bind_null(index); }
  void bind_value(int index, std::int64_t value, bool) { bind_integer(index, value); }
  void bind_value(int index, int value, bool) { bind_integer(index, value); }
  void bind_value(int index, unsigned value, bool) { bind_integer(index, value); }
  void bind_value(int index, bool value, bool) { bind_integer(index, value ? 1 : 0); }
  void bind_value(int index, Instant value, bool) { bind_integer(index, to_ms(value)); }
  void bind_value(int index, Milliseconds value, bool) { bind_integer(index, value.count()); }
  void bind_value(int index, std::string_view value, bool copy) { bind_text(index, value, copy); }
  void bind_value(int index, const std::string& value, bool copy) { bind_text(index, value, copy); }
  void bind_value(int index, const char* value, bool copy) { bind_text(index, value, copy); }
  void bind_value(int index, const Digest& value, bool copy) { bind_bytes(index, value.bytes, copy); }
  void bind_value(int index, std::span<const std::uint8_t> value, bool copy) { bind_bytes(index, value, copy); }
  template <class Value>
  void bind_value(int index, const std::optional<Value>& value, bool copy) {
    if (value) {
      bind_value(index, *value, copy);
    } else {
      bind_null(index);
    }
  }

  Connection* connection_;
  std::string_view sql_;
  sqlite3_stmt* handle_;
};

// An open database file, used by one thread.
class Connection {
 public:
  enum class Access {
    write,      // reads and writes an existing file; on a disk in memory creates it
    read,       // reads only; sees the commits of a writer
    read_still  // reads a file that has no writer; creates no other file
  };
  // `vfs` is the name of the disk that holds the file (see MemoryDisk); empty: a real disk.
  Connection(const std::filesystem::path& file, Access access, const std::string& vfs = {});
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Runs a script; rows are ignored.
  void execute(const std::string& script);
  // `sql` must live as long as the connection, as a literal does.
  [[nodiscard]] Statement statement(std::string_view sql);
  // The first column of the first row of a query that needs no values.
  [[nodiscard]] std::int64_t integer(std::string_view sql);

  // Rows changed by the latest insert, update or delete.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_insert_id() const;
  [[nodiscard]] bool in_transaction() const;
  // Call this when the file is known to be ours and sound. Before the call, a statement that cannot be run means that
  // the file is corrupt, and closing changes no file. After it, such a statement means a bug, and closing moves the
  // write-ahead log into the file.
  void accept();
  // Ends the statement that runs on another thread: it throws. The only call that another thread may make.
  void interrupt();
  // Throws StorageError (corrupt): SQLite can read the file, but it holds `finding`, which this program never writes.
  [[noreturn]] void refuse(const std::string& finding) const;
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  // Throws the exception for a result code of SQLite.
  [[noreturn]] void fail(int code, const std::string& message) const;

 private:
  friend class Statement;
  void give_back(std::string_view sql, sqlite3_stmt* handle) noexcept;
  [[noreturn]] void fail(int code) const;

  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  bool accepted_ = false;
  std::unordered_map<std::string_view, sqlite3_stmt*> idle_;
};

}  // namespace elit::storage
