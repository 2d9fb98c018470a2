#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace elit::storage {

// A disk in memory that SQLite takes for a real one and that can fail like one: for simulations, and for tests of what
// a real disk does once in years. Store::open, open_for_reading and read_status take it in place of a directory:
//
//   MemoryDisk disk(seed);
//   auto store = Store::open(disk);
//   store->register_source("support");
//   disk.lose_power();         // `store` is of no use from here on; every call of it throws
//   store = Store::open(disk);  // what was committed is there
//
// Several connections may use it at once, as those of several processes would use a real one: with SQLite's locks, its
// rollback journal and its write-ahead log. Nothing of it is ever on a real disk. One thread uses it and its
// connections; different disks are independent of each other. It must outlive its connections.
//
// Deterministic: the same seed and the same calls give the same bytes, the same numbers of operations and the same
// losses. To that end the constructor also starts SQLite's random numbers, which a process has only once, from the
// seed. The clock that SQL functions could read stands still, and waiting for a lock takes no time.
//
// What a real disk promises to SQLite is promised here and no more: what was synced stays; a write that was not synced
// may be there in part, in units of a sector of 512 bytes, and later writes may be there without earlier ones; a file
// that was created, deleted or cut without a sync may be as it was before. Bytes that nobody wrote do not change. What
// it does not model: a disk that lies about a sync, bytes that decay, a sync that failed and whose data the kernel then
// takes for written.
class MemoryDisk {
 public:
  // Empty.
  explicit MemoryDisk(std::uint64_t seed);
  // With the files of `original` as they are now, synced; its faults and connections are not taken over. The cheapest
  // way to many stores: copy a disk on which one was opened once.
  MemoryDisk(const MemoryDisk& original, std::uint64_t seed);
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;
  // Requires: no connection is open.
  ~MemoryDisk();

  // Operations on the disk so far, failed ones included: opening, creating, deleting and looking for a file, reading,
  // writing, cutting, syncing, asking for a size, enlarging shared memory. Locks are not counted.
  [[nodiscard]] std::uint64_t operations() const;

  // Calls `before_operation` before each operation, to look at the disk or to copy it; an empty function ends that. It
  // must not use this disk otherwise.
  void watch(std::function<void()> before_operation);

  // The machine loses its power and starts again. Of what was not synced, the seed decides what is there. Everything
  // that is open is dead: all further calls through it fail, and only closing is of use. Faults that were ordered
  // before are forgotten, the capacity stays.
  void lose_power();
  // The disk as it would be after a loss of power now, one of many possible ones for each seed. This one goes on.
  [[nodiscard]] std::unique_ptr<MemoryDisk> after_power_loss(std::uint64_t seed) const;

  // The process dies after that many more operations: from the next one on nothing happens any more and everything
  // fails, until revive or lose_power.
  void die_after(std::uint64_t operations);
  [[nodiscard]] bool dead() const;
  // The process starts again; the machine had its power all the time. Everything that was open is dead, ordered faults
  // are forgotten.
  void revive();

  enum class Fault {
    io_error,       // nothing is done
    full,           // no room; strikes what could need some: writing, creating, cutting, syncing, shared memory
    short_transfer  // a read or write stops half-way with an I/O error; nothing of another operation is done
  };
  // After that many more operations, one fails; those behind it succeed again. Another call replaces an order that has
  // not struck yet.
  void fail_once(std::uint64_t after_operations, Fault fault);
  // Takes an order back; false if its operation has come already.
  bool withdraw_fault();
  // How many ordered faults have struck; an order for `full` may meet an operation that needs no room.
  [[nodiscard]] std::uint64_t faults_struck() const;

  // Bytes that all files together may have; 0: no limit. What exceeds it fails as on a full disk, after the part that
  // fits was written.
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used_bytes() const;

  // Beside SQLite; neither counted nor failed. The bytes of a file from its beginning, at most `size_max`; absent
  // without such a file.
  [[nodiscard]] std::optional<std::string> contents(
      const std::string& name, std::size_t size_max = std::numeric_limits<std::size_t>::max()) const;
  // Makes or replaces a file, synced. Requires: no connection has it open.
  void put(const std::string& name, const std::string& bytes);

  // The name by which SQLite finds this disk.
  [[nodiscard]] const std::string& vfs_name() const;

  struct Impl;  // opaque

 private:
  std::unique_ptr<Impl> impl_;
};

// The database of a Store on a MemoryDisk.
inline constexpr const char* memory_database = "/elitbuzz-sync.db";

}  // namespace elit::storage
