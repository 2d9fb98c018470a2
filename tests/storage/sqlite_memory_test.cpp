#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/storage/faulted_work.hpp"

// In a program of its own with allocation_test.cpp: SQLite's allocator is chosen once for a process, before SQLite is
// used.
namespace elit::storage {
namespace {

// SQLite's own allocator, except that it can fail. SQLite gives its methods nothing of ours, so there is only one.
struct Allocator {
  sqlite3_mem_methods own = {};
  bool counting = false;
  std::uint64_t count = 0;
  std::uint64_t fails_from = 0;
  std::uint64_t fails_before = 0;

  bool refuses() {
    if (!counting) {
      return false;
    }
    const std::uint64_t number = count++;
    return number >= fails_from && number < fails_before;
  }
};

Allocator& allocator() {
  static Allocator only;
  return only;
}

void* allocate(int size) {
  return allocator().refuses() ? nullptr : allocator().own.xMalloc(size);
}

void* reallocate(void* memory, int size) {
  return allocator().refuses() ? nullptr : allocator().own.xRealloc(memory, size);
}

void install_allocator() {
  ASSERT_EQ(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &allocator().own), SQLITE_OK);
  sqlite3_mem_methods methods = allocator().own;
  methods.xMalloc = allocate;
  methods.xRealloc = reallocate;
  ASSERT_EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
}

// From the allocation with that number on, `length` of them fail.
FaultedWork::Series allocations_failing(std::uint64_t length) {
  return [length](std::uint64_t number) {
    FaultedWork::Fault fault;
    fault.order = [number, length](MemoryDisk&) {
      allocator().count = 0;
      allocator().fails_from = number;
      allocator().fails_before = number + length;
      allocator().counting = true;
    };
    fault.recall = [number](MemoryDisk&) {
      allocator().counting = false;
      return allocator().count > number;
    };
    return fault;
  };
}

TEST(SqliteMemoryTest, MayFailAtEachAllocationOfAStep) {
  FaultedWork work(7);
  EXPECT_EQ(work.run(allocations_failing(1), 43), "");
  std::cout << work.faults() << " faults\n";
  EXPECT_GT(work.faults(), 500U);
}

TEST(SqliteMemoryTest, MayFailForAWhileInAStep) {
  FaultedWork work(8);
  EXPECT_EQ(work.run(allocations_failing(100), 97), "");
  std::cout << work.faults() << " faults\n";
}

TEST(SqliteMemoryTest, MayFailAtEachAllocationWhileTheStoreIsOpened) {
  FaultedWork work(9);
  EXPECT_EQ(work.run_opening(allocations_failing(1), 13), "");
  std::cout << work.faults() << " faults\n";
  EXPECT_GT(work.faults(), 500U);
}

}  // namespace
}  // namespace elit::storage

int main(int argc, char** argv) {
  elit::storage::install_allocator();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
