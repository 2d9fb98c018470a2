#include <gtest/gtest.h>

#include <deque>

#include "storage/memory_disk/memory_disk.hpp"
#include "tests/storage/state_dump.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/workload.hpp"

namespace elit::storage {
namespace {

// How the store is run in a test.
struct Setting {
  std::uint64_t seed = 0;
  const char* pragma = "";  // given to the writing connection
};

// A small log, so that checkpoints and their syncs come in the middle of the work as they do on a busy disk.
constexpr const char* small_log = "PRAGMA wal_autocheckpoint = 25";

// One run of the program on a disk. Each of its functions may end with StorageError.
class Life {
 public:
  Life(MemoryDisk& disk, const Setting& setting, int next_step)
      : disk_(disk), setting_(setting), workload_(setting.seed), next_step_(next_step) {}

  void open() {
    store_.reset();
    store_ = Store::open(disk_);
    StorePeek::connection(*store_).execute(setting_.pragma);
    workload_.start(*store_);
  }
  // One step, and the restart that follows it; false at the end.
  bool go_on() {
    if (next_step_ == Workload::steps) {
      store_.reset();
      return false;
    }
    workload_.run(*store_, next_step_);
    if (Workload::restarts_after(next_step_++)) {
      open();
    }
    return true;
  }
  void skip_step() { ++next_step_; }

  // All steps before this one were acknowledged.
  [[nodiscard]] int next_step() const { return next_step_; }
  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const Workload& workload() const { return workload_; }

 private:
  MemoryDisk& disk_;
  Setting setting_;
  Workload workload_;
  std::unique_ptr<Store> store_;
  int next_step_ = 0;
};

class PowerLossTest : public ::testing::Test {
 protected:
  // A disk after an interrupted run.
  struct Wreck {
    std::unique_ptr<MemoryDisk> disk;
    std::uint64_t operation = 0;
    std::string what;
    int acknowledged = 0;  // steps
    bool to_the_end = false;
  };

  // The states of a run without interruption: after the start and after each step.
  void learn(const Setting& setting) {
    states_.clear();
    MemoryDisk disk(setting.seed);
    Life life(disk, setting, 0);
    life.open();
    do {
      states_.push_back(dump_.of(life.store()));
    } while (life.next_step() < Workload::steps && life.go_on());
  }

  // The error in the state that the next run finds or in the work that follows; empty: none.
  std::string fault_of(const Wreck& wreck, const Setting& setting) {
    try {
      Life life(*wreck.disk, setting, wreck.acknowledged);
      life.open();
      const std::string found = dump_.of(life.store());
      const std::string wrong = difference(states_.at(static_cast<std::size_t>(wreck.acknowledged)), found);
      if (!wrong.empty()) {
        // The interrupted step exists as a whole or not at all.
        if (wreck.acknowledged == Workload::steps ||
            states_[static_cast<std::size_t>(wreck.acknowledged) + 1] != found) {
          return "neither before nor after the step under way: " + wrong;
        }
        life.skip_step();
      }
      if (std::string broken = life.workload().broken_promise(life.store()); !broken.empty() || !wreck.to_the_end) {
        return broken;
      }
      while (life.go_on()) {
      }
      return difference(states_.back(), dump_.of(*Store::open(*wreck.disk)));
    } catch (const StorageError& error) {
      return error.what();
    }
  }

  // The process dies at this operation, and the machine loses power in several ways. In one of them, power is lost
  // again while the next run starts.
  static void wreck_now(const MemoryDisk& disk, const Setting& setting, int acknowledged, std::deque<Wreck>& wrecks) {
    const std::uint64_t operation = disk.operations();
    const auto add = [&](std::unique_ptr<MemoryDisk> copy, const char* what) {
      wrecks.push_back({std::move(copy), operation, what, acknowledged, operation % 9 == wrecks.size() % 9});
    };
    add(disk.after_power_loss(operation), "power was lost");
    if (operation % 6 == 0) {
      add(std::make_unique<MemoryDisk>(disk, operation), "the process died");
    }
    if (operation % 6 == 3) {
      auto copy = disk.after_power_loss(1'000'000 + operation);
      copy->die_after(operation % 53);
      try {
        Life(*copy, setting, acknowledged).open();
      } catch (const StorageError&) {
      }
      copy->lose_power();
      add(std::move(copy), "power was lost twice");
    }
  }

  // Interrupts a run at every `stride`-th operation and returns the number of cases with an error.
  int interrupt_everywhere(const Setting& setting, std::uint64_t stride) {
    learn(setting);
    int wrong = 0;
    std::deque<Wreck> wrecks;
    const auto judge = [&] {
      for (const Wreck& wreck : wrecks) {
        const std::string fault = fault_of(wreck, setting);
        wrong += fault.empty() ? 0 : 1;
        if (!fault.empty()) {
          last_fault_ = "seed " + std::to_string(setting.seed) + ", at operation " + std::to_string(wreck.operation) +
                        " " + wreck.what + ", " + std::to_string(wreck.acknowledged) + " steps done: " + fault;
        }
      }
      interruptions_ += wrecks.size();
      wrecks.clear();
    };
    MemoryDisk disk(setting.seed);
    Life life(disk, setting, 0);
    disk.watch([&] {
      if (disk.operations() % stride == 0) {
        wreck_now(disk, setting, life.next_step(), wrecks);
      }
    });
    life.open();
    do {
      judge();
    } while (life.go_on());
    judge();
    operations_ += disk.operations();
    return wrong;
  }

  StateDump dump_;
  std::vector<std::string> states_;
  std::uint64_t operations_ = 0;
  std::uint64_t interruptions_ = 0;
  std::string last_fault_;
};

TEST_F(PowerLossTest, AtEveryOperationLosesNothingThatWasAcknowledgedAndHalvesNothing) {
  EXPECT_EQ(interrupt_everywhere({1, ""}, 1), 0) << last_fault_;
  std::cout << interruptions_ << " interruptions at " << operations_ << " operations\n";
}

TEST_F(PowerLossTest, AmongCheckpointsLosesNothingThatWasAcknowledgedAndHalvesNothing) {
  EXPECT_EQ(interrupt_everywhere({2, small_log}, 1), 0) << last_fault_;
  std::cout << interruptions_ << " interruptions at " << operations_ << " operations\n";
}

TEST_F(PowerLossTest, WouldBeNoticedIfNothingWereSynced) {
  for (const Setting& setting : {Setting{3, "PRAGMA synchronous = OFF"},
                                 Setting{4, "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 25"}}) {
    EXPECT_GT(interrupt_everywhere(setting, 40), 0);
  }
}

}  // namespace
}  // namespace elit::storage
