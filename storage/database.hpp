#pragma once

#include <filesystem>
#include <memory>

#include "storage/memory_disk/memory_disk.hpp"
#include "storage/sqlite.hpp"

namespace elit::storage {

// The application id in SQLite's header that marks a file of this program: "ElBz" in ASCII.
inline constexpr int application_id = 0x456C427A;

// The version of the schema that this program reads and writes.
[[nodiscard]] int schema_version();

// Opens the existing file, which may be empty, for the only writer of the state. Refuses a damaged, foreign or newer
// file without changing it, then migrates the schema. Of a large file (checked_at_once_bytes) only the schema is
// checked. Requires: the caller holds the lock of the state directory.
// Throws StorageError.
[[nodiscard]] std::unique_ptr<Connection> open_for_writing(const std::filesystem::path& file);

// Opens the state for reading, with or without a running writer. Creates no state. Throws StorageError, also when the
// file is missing or was written by an earlier version.
[[nodiscard]] std::unique_ptr<Connection> open_for_reading(const std::filesystem::path& file);

// The same for the state on a disk in memory. Here open_for_writing creates the file and needs no lock.
[[nodiscard]] std::unique_ptr<Connection> open_for_writing(MemoryDisk& disk);
[[nodiscard]] std::unique_ptr<Connection> open_for_reading(MemoryDisk& disk);

}  // namespace elit::storage
