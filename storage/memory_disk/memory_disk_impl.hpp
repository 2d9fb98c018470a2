#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "storage/memory_disk/memory_file.hpp"

struct sqlite3_vfs;

// The parts that the files of MemoryDisk share; private to this folder.
namespace elit::storage {

inline constexpr std::size_t shared_locks = 8;  // SQLITE_SHM_NLOCK

// The wal-index that the connections of one file share. Connections, also dead ones, hold its memory until they unmap
// it.
struct SharedMemory {
  std::vector<std::unique_ptr<std::uint8_t[]>> regions;
};

// The locks of one connection on a file; those on the shared memory are bits.
struct Holder {
  int lock = 0;  // SQLITE_LOCK_...
  unsigned shared = 0;
  unsigned exclusive = 0;
};

struct DiskFile {
  MemoryFile content;
  bool directory_synced = true;  // false: the first sync also syncs the directory, as SQLite does for its journals
  std::vector<Holder*> holders;  // of all live connections
  std::shared_ptr<SharedMemory> memory;
};

enum class Operation { open, create, remove, look, read, write, cut, sync, size, map };

enum class Verdict {
  done,
  refused,  // an I/O error, or everything is dead
  no_room,
  half,  // half of it is done
};

struct MemoryDisk::Impl {
  explicit Impl(std::uint64_t seed);

  // Counts the operation and returns how it ends.
  Verdict begin(Operation operation);
  [[nodiscard]] std::shared_ptr<DiskFile> find(const std::string& name) const;
  std::shared_ptr<DiskFile> add(const std::string& name, bool directory_synced);
  void remove(const std::string& name);
  void sync(DiskFile& file);
  void sync_directory() { name_changes.clear(); }
  // The number of bytes, at most `wanted`, by which a file may grow.
  [[nodiscard]] std::size_t room_for(std::size_t wanted) const;
  // Whether the process died and was not revived.
  [[nodiscard]] bool dead() const { return dies_at && operations >= *dies_at; }
  // Marks all open connections as dead.
  void drop_connections();
  // Copies the files of another disk with their changes that are not synced.
  void copy_unsynced(const Impl& original);
  void lose_power();

  // A change of a directory entry since the directory was last synced: the name belongs to another file now, or to no
  // file.
  struct NameChange {
    std::string name;
    std::shared_ptr<DiskFile> before;
    std::shared_ptr<DiskFile> after;
  };

  Random random;
  std::string vfs_name;
  std::shared_ptr<sqlite3_vfs> vfs;
  std::map<std::string, std::shared_ptr<DiskFile>> files;
  std::vector<NameChange> name_changes;
  std::uint64_t generation = 0;  // of the live connections
  std::function<void()> before_operation;
  std::uint64_t operations = 0;
  std::optional<std::uint64_t> dies_at;  // the number of the first operation after the death
  std::optional<std::uint64_t> fails_at;
  Fault fault = Fault::io_error;
  std::uint64_t faults_struck = 0;
  std::uint64_t capacity = 0;
  int last_error = 0;  // errno of the latest failure
};

// Registers the disk with SQLite, and removes it.
void register_vfs(MemoryDisk::Impl& disk, std::uint64_t seed);
void unregister_vfs(MemoryDisk::Impl& disk);

}  // namespace elit::storage
