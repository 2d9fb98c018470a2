#include "storage/database.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "core/check.hpp"
#include "storage/migrations.hpp"
#include "storage/soundness.hpp"
#include "storage/store.hpp"

namespace elit::storage {
namespace {

using Kind = StorageError::Kind;

// SQLite's header: https://www.sqlite.org/fileformat.html#the_database_header
constexpr std::size_t header_size = 100;
constexpr std::string_view header_magic{"SQLite format 3\0", 16};
constexpr std::size_t header_write_version = 18;
constexpr std::size_t header_application_id = 68;

[[noreturn]] void refuse_corrupt(const std::filesystem::path& file, const std::string& finding) {
  throw StorageError(Kind::corrupt,
                     file.string() + ": the database is damaged: " + finding +
                         "; the file was not changed; move it away and restore a backup, or start without it "
                         "to read everything again");
}

[[noreturn]] void refuse_foreign(const std::filesystem::path& file, const std::string& finding) {
  throw StorageError(Kind::foreign, file.string() + ": " + finding +
                                        "; the file was not changed; move it away or correct state.directory");
}

// Checks the header before SQLite opens the file, because opening a foreign database may already change it. The first
// transaction writes our application id into the file itself (see set_up), so the check does not need the write-ahead
// log. If a loss of power damaged the header during a write, the log still has the whole page; in that case SQLite
// decides.
void check_header(const std::filesystem::path& file, std::string_view bytes, bool log_exists) {
  if (bytes.empty()) {
    return;  // new, or created just before a crash
  }
  if (log_exists && bytes.size() == header_size && !bytes.starts_with(header_magic)) {
    return;
  }
  if (bytes.size() < header_size) {
    if (header_magic.starts_with(bytes.substr(0, header_magic.size()))) {
      refuse_corrupt(file, "it ends within its header");
    }
    refuse_foreign(file, "the file is not an SQLite database");
  }
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    id = id << 8U | static_cast<unsigned char>(bytes[header_application_id + i]);
  }
  const bool ours = id == static_cast<std::uint32_t>(application_id);
  if (!bytes.starts_with(header_magic)) {
    if (ours) {
      refuse_corrupt(file, "its header was overwritten");
    }
    refuse_foreign(file, "the file is not an SQLite database");
  }
  if (!ours) {
    refuse_foreign(file, "the database belongs to another program");
  }
  // For an unknown version SQLite would report that the file is write-protected.
  if (bytes[header_write_version] != 1 && bytes[header_write_version] != 2) {
    refuse_corrupt(file, "its header names an unknown format");
  }
}

bool file_exists(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

std::filesystem::path companion(const std::filesystem::path& file, const char* suffix) {
  return file.string() + suffix;
}

void check_header(const std::filesystem::path& file) {
  std::array<char, header_size> header{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(header.data(), header.size());
  check_header(file, std::string_view(header.data(), static_cast<std::size_t>(stream.gcount())),
               file_exists(companion(file, "-wal")));
}

void check_version(const std::filesystem::path& file, std::int64_t version) {
  if (version > schema_version()) {
    throw StorageError(Kind::newer, file.string() + ": the database has schema version " + std::to_string(version) +
                                        " and this program knows versions up to " + std::to_string(schema_version()) +
                                        "; the file was not changed; install the later version again");
  }
}

// Writes the application id into an empty file before the file becomes a WAL database. The id is then in the file
// itself and not only in the log.
void set_up(Connection& connection) {
  if (connection.integer("PRAGMA page_count") == 0) {
    connection.execute("PRAGMA synchronous = FULL; PRAGMA application_id = " + std::to_string(application_id));
  }
  if (connection.integer("PRAGMA application_id") != application_id) {
    refuse_foreign(connection.file(), "the database belongs to another program");
  }
  const std::int64_t version = connection.integer("PRAGMA user_version");
  check_version(connection.file(), version);
  if (is_checked_at_once(connection)) {
    check_structure(connection);
  }
  check_definitions(connection, version);
  // The first migration and its version are one transaction.
  if (version <= 0 && connection.integer("SELECT count(*) FROM sqlite_schema") > 0) {
    refuse_corrupt(connection.file(), "it has tables, but its schema version is " + std::to_string(version));
  }
  Statement mode = connection.statement("PRAGMA journal_mode = WAL");
  if (!mode.bind().step() || mode.text(0) != "wal") {
    throw StorageError(Kind::unreadable,
                       connection.file().string() +
                           ": the file system cannot hold a database in WAL mode; keep the state on a "
                           "local disk");
  }
}

void migrate(Connection& connection) {
  const std::int64_t version = connection.integer("PRAGMA user_version");
  for (const Migration& migration : migrations()) {
    if (migration.version > version) {
      connection.execute("BEGIN IMMEDIATE");
      connection.execute(std::string(migration.sql));
      connection.execute("PRAGMA user_version = " + std::to_string(migration.version));
      connection.execute("COMMIT");
    }
  }
}

std::unique_ptr<Connection> prepared_for_writing(std::unique_ptr<Connection> connection) {
  connection->execute(R"(
      PRAGMA mmap_size = 0;
      PRAGMA cache_size = -32768;
      PRAGMA temp_store = MEMORY;
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;)");
  set_up(*connection);
  connection->execute(R"(
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA wal_autocheckpoint = 4000;)");
  migrate(*connection);
  // A migration that fails shows that the tables are not those of their version.
  connection->accept();
  return connection;
}

[[noreturn]] void refuse_missing(const std::filesystem::path& file) {
  throw StorageError(Kind::unreadable, file.string() +
                                           ": there is no state yet; start `elitbuzz-sync run` or `elitbuzz-sync sync` "
                                           "first, or correct state.directory");
}

// A reader of a WAL database shares two more files with the writer and creates them if they do not exist. Without a log
// there is no writer, and the file itself has all data.
Connection::Access reading_access(bool log_exists) {
  return log_exists ? Connection::Access::read : Connection::Access::read_still;
}

std::unique_ptr<Connection> prepared_for_reading(std::unique_ptr<Connection> connection) {
  connection->execute("PRAGMA temp_store = MEMORY; PRAGMA query_only = ON;");
  const std::int64_t version = connection->integer("PRAGMA user_version");
  check_version(connection->file(), version);
  if (version == 0) {
    refuse_missing(connection->file());
  }
  if (version < schema_version()) {
    throw StorageError(Kind::unreadable, connection->file().string() +
                                             ": the state was written by an earlier version; start "
                                             "`elitbuzz-sync run` or `elitbuzz-sync sync` once to update it");
  }
  return connection;
}

}  // namespace

int schema_version() {
  return migrations().back().version;
}

std::unique_ptr<Connection> open_for_writing(const std::filesystem::path& file) {
  // Only a crash during the set-up of the file leaves a rollback journal: SQLite undoes that first.
  if (!file_exists(companion(file, "-journal"))) {
    check_header(file);
  }
  return prepared_for_writing(std::make_unique<Connection>(file, Connection::Access::write));
}

std::unique_ptr<Connection> open_for_writing(MemoryDisk& disk) {
  const std::filesystem::path file(memory_database);
  if (!disk.contents(companion(file, "-journal"), 0)) {
    check_header(file, disk.contents(memory_database, header_size).value_or(""),
                 disk.contents(companion(file, "-wal"), 0).has_value());
  }
  return prepared_for_writing(std::make_unique<Connection>(file, Connection::Access::write, disk.vfs_name()));
}

std::unique_ptr<Connection> open_for_reading(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory || (!error && size == 0)) {
    refuse_missing(file);
  }
  if (error || !std::ifstream(file, std::ios::binary)) {
    throw StorageError(Kind::unreadable, file.string() + ": the state cannot be read: " + std::strerror(errno) +
                                             "; use the account of the daemon, or root");
  }
  check_header(file);
  const auto access = reading_access(file_exists(companion(file, "-wal")));
  return prepared_for_reading(std::make_unique<Connection>(file, access));
}

std::unique_ptr<Connection> open_for_reading(MemoryDisk& disk) {
  const std::filesystem::path file(memory_database);
  const std::optional<std::string> header = disk.contents(memory_database, header_size);
  if (!header || header->empty()) {
    refuse_missing(file);
  }
  const bool log_exists = disk.contents(companion(file, "-wal"), 0).has_value();
  check_header(file, *header, log_exists);
  const auto access = reading_access(log_exists);
  return prepared_for_reading(std::make_unique<Connection>(file, access, disk.vfs_name()));
}

}  // namespace elit::storage
