#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/memory_disk/memory_disk.hpp"
#include "tests/storage/state_dump.hpp"
#include "tests/storage/workload.hpp"

namespace elit::storage {

// Repeats each step of a workload from the same state, each time with a later fault, until the fault comes after the
// end of the step. Then it does the step without a fault and goes on with the next one. It checks: an error is a
// StorageError or std::bad_alloc. A failed step is undone as a whole; if only its last sync failed, it may exist as a
// whole after a restart. The step can be repeated, at once or after a restart, and leads to the same state as without
// the fault.
class FaultedWork {
 public:
  // A fault of a store during a step.
  struct Fault {
    std::function<void(MemoryDisk&)> order;   // before the step
    std::function<bool(MemoryDisk&)> recall;  // after it; says whether the fault's turn has come
    std::optional<StorageError::Kind> kind;   // that the error must have; absent: std::bad_alloc
  };
  // The `number`-th fault of a series, from 0.
  using Series = std::function<Fault(std::uint64_t number)>;

  explicit FaultedWork(std::uint64_t seed);

  // Runs the whole workload, with each `stride`-th fault of `series` in each step. Returns the first error; empty:
  // none.
  [[nodiscard]] std::string run(const Series& series, std::uint64_t stride = 1);
  // The same while the store is opened, on an empty disk and after half the workload.
  [[nodiscard]] std::string run_opening(const Series& series, std::uint64_t stride = 1);

  [[nodiscard]] std::uint64_t faults() const { return came_; }

 private:
  struct Step {
    int number = 0;
    std::unique_ptr<MemoryDisk> disk;  // as the step finds it
    std::string before;                // the state
    std::string after;
  };
  std::unique_ptr<Store> open(MemoryDisk& disk);
  std::string try_step(const Step& step, const Fault& fault, bool restart);
  std::string try_opening(const MemoryDisk& before, const Fault& fault, const std::string& expected);

  std::uint64_t seed_;
  StateDump dump_;
  Workload workload_;
  std::uint64_t came_ = 0;
  bool last_came_ = false;
};

}  // namespace elit::storage
