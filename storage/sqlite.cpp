#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

#include "core/check.hpp"
#include "core/text/percent_encoding.hpp"
#include "storage/store.hpp"

namespace elit::storage {
namespace {

using Kind = StorageError::Kind;

bool is_out_of_room(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT;
}

// Absent for errors that only a bug can cause, or damage in a file that is not yet known to be sound.
std::optional<Kind> kind_of(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return Kind::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Kind::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Kind::in_use;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      // SQLite ran out of room outside of a plain write, for instance when it enlarged the -shm file.
      return is_out_of_room(system_error) ? Kind::full : Kind::unreadable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
      return Kind::unreadable;
    default:
      return std::nullopt;
  }
}

const char* advice(Kind kind) {
  switch (kind) {
    case Kind::full:
      return "make room on that disk; nothing is lost and work continues where it stopped";
    case Kind::corrupt:
      return "nothing more is written to it; move it away and restore a backup, or start without it to read everything "
             "again";
    case Kind::in_use:
      return "another program uses the database; end it and start again";
    default:
      return "check the permissions, the mount and the hardware below it";
  }
}

std::string uri_of(const std::filesystem::path& file, std::string_view parameters) {
  return "file:" + percent_encode(std::filesystem::absolute(file).string(), "/") + '?' + std::string(parameters);
}

sqlite3_destructor_type lifetime(bool copy) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
  return copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
#pragma GCC diagnostic pop
}

}  // namespace

Statement::Statement(Connection& connection, std::string_view sql, sqlite3_stmt* handle)
    : connection_(&connection), sql_(sql), handle_(handle) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), sql_(other.sql_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement::~Statement() {
  if (handle_ != nullptr) {
    connection_->give_back(sql_, handle_);
  }
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code != SQLITE_DONE) {
    connection_->fail(code);
  }
  return false;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<Instant> Statement::maybe_instant(int column) const {
  return is_null(column) ? std::nullopt : std::optional(instant(column));
}

std::string Statement::text(int column) const {
  const std::span<const std::uint8_t> value = bytes(column);
  return {value.begin(), value.end()};
}

std::span<const std::uint8_t> Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

Digest Statement::digest(int column) const {
  const std::span<const std::uint8_t> value = bytes(column);
  Digest digest;
  if (value.size() != digest.bytes.size()) {
    connection_->refuse("a digest has " + std::to_string(value.size()) + " bytes");
  }
  std::copy(value.begin(), value.end(), digest.bytes.begin());
  return digest;
}

void Statement::reset() {
  // Its result repeats the error that step() has reported.
  sqlite3_reset(handle_);
}

void Statement::bind_null(int index) {
  const int code = sqlite3_bind_null(handle_, index);
  if (code != SQLITE_OK) {
    connection_->fail(code);
  }
}

void Statement::bind_integer(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_, index, value);
  if (code != SQLITE_OK) {
    connection_->fail(code);
  }
}

void Statement::bind_text(int index, std::string_view value, bool copy) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(handle_, index, data, value.size(), lifetime(copy), SQLITE_UTF8);
  if (code != SQLITE_OK) {
    connection_->fail(code);
  }
}

void Statement::bind_bytes(int index, std::span<const std::uint8_t> value, bool copy) {
  const void* data = value.data() == nullptr ? static_cast<const void*>("") : value.data();
  const int code = sqlite3_bind_blob64(handle_, index, data, value.size(), lifetime(copy));
  if (code != SQLITE_OK) {
    connection_->fail(code);
  }
}

Connection::Connection(const std::filesystem::path& file, Access access, const std::string& vfs) : file_(file) {
  const int writing = SQLITE_OPEN_READWRITE | (vfs.empty() ? 0 : SQLITE_OPEN_CREATE);
  const int mode = access == Access::write ? writing : SQLITE_OPEN_READONLY;
  const std::string uri = uri_of(file, access == Access::read_still ? "immutable=1" : "");
  const int code = sqlite3_open_v2(uri.c_str(), &handle_, mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  if (handle_ == nullptr) {
    throw std::bad_alloc();
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 5000);
  if (code != SQLITE_OK) {
    // The destructor does not run after a failed construction, and fail() needs the handle.
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closing(handle_, sqlite3_close);
    fail(code);
  }
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Connection::~Connection() {
  for (const auto& [sql, handle] : idle_) {
    sqlite3_finalize(handle);
  }
  sqlite3_close(handle_);
}

void Connection::execute(const std::string& script) {
  const int code = sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    fail(code);
  }
}

Statement Connection::statement(std::string_view sql) {
  if (const auto found = idle_.find(sql); found != idle_.end()) {
    sqlite3_stmt* handle = found->second;
    idle_.erase(found);
    return {*this, sql, handle};
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &handle, nullptr);
  if (code != SQLITE_OK) {
    fail(code);
  }
  return {*this, sql, handle};
}

std::int64_t Connection::integer(std::string_view sql) {
  Statement query = statement(sql);
  return query.bind().step() ? query.integer(0) : 0;
}

std::int64_t Connection::changes() const {
  return sqlite3_changes64(handle_);
}

std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Connection::accept() {
  accepted_ = true;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Connection::interrupt() {
  sqlite3_interrupt(handle_);
}

void Connection::refuse(const std::string& finding) const {
  throw StorageError(Kind::corrupt,
                     file_.string() + ": the database is damaged: " + finding + "; " + advice(Kind::corrupt));
}

void Connection::give_back(std::string_view sql, sqlite3_stmt* handle) noexcept {
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  try {
    if (idle_.try_emplace(sql, handle).second) {
      return;
    }
  } catch (const std::bad_alloc&) {
    // There is no memory to keep it. The next use prepares it again.
  }
  sqlite3_finalize(handle);
}

void Connection::fail(int code) const {
  fail(code, sqlite3_errmsg(handle_));
}

void Connection::fail(int code, const std::string& message) const {
  const int system_error = sqlite3_system_errno(handle_);
  if ((code & 0xFF) == SQLITE_NOMEM) {
    throw std::bad_alloc();
  }
  const std::optional<Kind> known = kind_of(code, system_error);
  check(known.has_value() || !accepted_, "the database refused a statement: " + message);
  const Kind kind = known.value_or(Kind::corrupt);
  throw StorageError(kind, file_.string() + ": " + message + " (SQLite " + std::to_string(code) + "); " + advice(kind));
}

}  // namespace elit::storage
