#include "tests/storage/faulted_work.hpp"

#include <new>

#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

// A small log, so that checkpoints fall into the steps.
constexpr const char* small_log = "PRAGMA wal_autocheckpoint = 25";

// The result of an action.
struct Outcome {
  bool failed = false;
  std::string wrong;
};

template <class Action>
Outcome outcome_of(const FaultedWork::Fault& fault, Action&& action) {
  try {
    action();
    return {};
  } catch (const StorageError& error) {
    // SQLite keeps no system error of a failed sync (1034), so that a lack of room met there is an I/O error.
    const bool sync = std::string(error.what()).find("(SQLite 1034)") != std::string::npos;
    const bool expected = sync || fault.kind.value_or(error.kind()) == error.kind();
    return {true, expected ? "" : std::string("an error of the wrong kind: ") + error.what()};
  } catch (const std::bad_alloc&) {
    return {true, fault.kind ? "std::bad_alloc" : ""};
  }
}

}  // namespace

FaultedWork::FaultedWork(std::uint64_t seed) : seed_(seed), workload_(seed) {}

std::unique_ptr<Store> FaultedWork::open(MemoryDisk& disk) {
  std::unique_ptr<Store> store = Store::open(disk);
  StorePeek::connection(*store).execute(small_log);
  workload_.start(*store);
  return store;
}

std::string FaultedWork::try_step(const Step& step, const Fault& fault, bool restart) {
  MemoryDisk disk(*step.disk, seed_);
  std::unique_ptr<Store> store = open(disk);
  fault.order(disk);
  const Outcome outcome = outcome_of(fault, [&] { workload_.run(*store, step.number); });
  last_came_ = fault.recall(disk);
  if (!last_came_) {
    return outcome.failed ? "an error without a fault: " + outcome.wrong : "";
  }
  ++came_;
  if (!outcome.wrong.empty()) {
    return outcome.wrong;
  }
  if (!StorePeek::grouping(*store) && StorePeek::connection(*store).in_transaction()) {
    store->begin_group();  // undoes what could not be undone at once
  }
  if (StorePeek::grouping(*store)) {
    store->rollback_group();
  }
  if (restart) {
    store.reset();
    store = open(disk);
  }
  std::string found = dump_.of(*store);
  if (outcome.failed && !(restart && found == step.after)) {
    if (found != step.before) {
      return "not undone: " + difference(step.before, found);
    }
    workload_.run(*store, step.number);
    found = dump_.of(*store);
  }
  const std::string broken = workload_.broken_promise(*store);
  return broken.empty() ? difference(step.after, found) : broken;
}

std::string FaultedWork::run(const Series& series, std::uint64_t stride) {
  MemoryDisk disk(seed_);
  std::unique_ptr<Store> store = open(disk);
  Step step;
  step.after = dump_.of(*store);
  for (; step.number < Workload::steps; ++step.number) {
    step.disk = std::make_unique<MemoryDisk>(disk, seed_);
    step.before = step.after;
    workload_.run(*store, step.number);
    step.after = dump_.of(*store);
    last_came_ = true;
    for (std::uint64_t number = static_cast<std::uint64_t>(step.number) % stride; last_came_; number += stride) {
      const bool restart = number / stride % 2 == 0;
      if (const std::string wrong = try_step(step, series(number), restart); !wrong.empty()) {
        return "seed " + std::to_string(seed_) + ", step " + std::to_string(step.number) + ", fault " +
               std::to_string(number) + (restart ? ", with a restart: " : ": ") + wrong;
      }
    }
  }
  return {};
}

std::string FaultedWork::try_opening(const MemoryDisk& before, const Fault& fault, const std::string& expected) {
  MemoryDisk disk(before, seed_);
  std::unique_ptr<Store> store;
  fault.order(disk);
  const Outcome outcome = outcome_of(fault, [&] {
    store = open(disk);
    store.reset();
  });
  last_came_ = fault.recall(disk);
  if (!last_came_ || !outcome.wrong.empty()) {
    return outcome.failed ? "an error without a fault or of the wrong kind: " + outcome.wrong : "";
  }
  ++came_;
  return difference(expected, dump_.of(*open(disk)));
}

std::string FaultedWork::run_opening(const Series& series, std::uint64_t stride) {
  for (const int steps : {0, Workload::steps / 2}) {
    auto before = std::make_unique<MemoryDisk>(seed_);
    MemoryDisk disk(seed_);
    std::unique_ptr<Store> store = open(disk);
    for (int step = 0; step < steps; ++step) {
      workload_.run(*store, step);
    }
    const std::string expected = dump_.of(*store);
    if (steps > 0) {
      // With its log, as a process leaves it that died.
      before = std::make_unique<MemoryDisk>(disk, seed_);
    }
    last_came_ = true;
    for (std::uint64_t number = 0; last_came_; number += stride) {
      if (const std::string wrong = try_opening(*before, series(number), expected); !wrong.empty()) {
        return "seed " + std::to_string(seed_) + ", opening after " + std::to_string(steps) + " steps, fault " +
               std::to_string(number) + ": " + wrong;
      }
    }
  }
  return {};
}

}  // namespace elit::storage
