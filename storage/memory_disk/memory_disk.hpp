#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace elit::storage {

// A disk in memory. SQLite uses it like a real disk, and it can fail like one. It serves simulations and tests of
// faults that are rare on real disks. Store::open, open_for_reading and read_status accept it instead of a directory:
//
//   MemoryDisk disk(seed);
//   auto store = Store::open(disk);
//   store->register_source("support");
//   disk.lose_power();         // from here on every call of `store` throws
//   store = Store::open(disk);  // what was committed is there
//
// Several connections may use it at once, as connections of several processes use a real disk: with SQLite's locks, its
// rollback journal and its write-ahead log. No byte reaches a real disk. One thread uses the disk and its connections;
// different disks are independent of each other. The disk must outlive its connections.
//
// Deterministic: the same seed and the same calls give the same bytes, the same numbers of operations and the same
// losses. Therefore the constructor also seeds SQLite's random numbers, which exist once in a process. The clock that
// SQL functions can read does not advance, and waiting for a lock takes no time.
//
// It guarantees exactly what a real disk guarantees to SQLite: synced bytes stay; a write that was not synced may be
// there in part, in units of a sector of 512 bytes, and later writes may be there without earlier ones; a file that was
// created, deleted or truncated without a sync may be as it was before. Bytes that were not written do not change. Not
// modelled: a disk that reports a false sync, bytes that decay, a failed sync whose data the kernel then treats as
// written.
class MemoryDisk {
 public:
  // An empty disk.
  explicit MemoryDisk(std::uint64_t seed);
  // A disk with the files of `original` as they are now, synced, without its faults and connections. The cheapest way
  // to make many stores: open a store on one disk, then copy that disk.
  MemoryDisk(const MemoryDisk& original, std::uint64_t seed);
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;
  // Requires: no connection is open.
  ~MemoryDisk();

  // The number of operations so far, failed ones included: opening, creating, deleting and looking for a file, reading,
  // writing, truncating, syncing, asking for a size, enlarging shared memory. Locks are not counted.
  [[nodiscard]] std::uint64_t operations() const;

  // Calls `before_operation` before each operation, which may look at the disk or copy it and must not use it
  // otherwise. An empty function ends the calls.
  void watch(std::function<void()> before_operation);

  // The machine loses its power and starts again. The seed decides which of the bytes that were not synced are there.
  // All open connections are dead: every call through them fails, and they can only be closed. Ordered faults are
  // dropped; the capacity stays.
  void lose_power();
  // A copy of this disk in a state that a loss of power now could leave; each seed gives one such state. This disk does
  // not change.
  [[nodiscard]] std::unique_ptr<MemoryDisk> after_power_loss(std::uint64_t seed) const;

  // The process dies after this many more operations: each operation after them does nothing and fails, until revive
  // or lose_power.
  void die_after(std::uint64_t operations);
  [[nodiscard]] bool dead() const;
  // The process starts again; the machine kept its power. All open connections are dead, ordered faults are
  // dropped.
  void revive();

  enum class Fault {
    io_error,  // nothing is done
    full,      // no room; hits operations that may need some: writing, creating, truncating, syncing, shared memory
    short_transfer  // a read or write stops half-way with an I/O error; any other operation does nothing
  };
  // Orders one fault: after this many more operations one operation fails, later ones succeed again. Another call
  // replaces an order that has not taken effect yet.
  void fail_once(std::uint64_t after_operations, Fault fault);
  // Cancels an order; false if its operation was reached already.
  bool withdraw_fault();
  // The number of ordered faults that took effect; an order for `full` has no effect on an operation that needs no
  // room.
  [[nodiscard]] std::uint64_t faults_struck() const;

  // Bytes that all files together may have; 0: no limit. A write beyond it fails as on a full disk, after the part that
  // fits was written.
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used_bytes() const;

  // The bytes of a file from its beginning, at most `size_max`; absent if there is no such file. SQLite is not
  // involved: the call does not count as an operation and never fails.
  [[nodiscard]] std::optional<std::string> contents(
      const std::string& name, std::size_t size_max = std::numeric_limits<std::size_t>::max()) const;
  // Creates or replaces a file, synced. Requires: no connection has it open.
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
