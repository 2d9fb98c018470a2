#include <gtest/gtest.h>

#include "tests/storage/faulted_work.hpp"

namespace elit::storage {
namespace {

using Kind = StorageError::Kind;

struct DiskFault {
  MemoryDisk::Fault fault;
  Kind kind;  // of the error that it causes, if it causes one
  const char* name;
};

std::ostream& operator<<(std::ostream& out, const DiskFault& fault) {
  return out << fault.name;
}

class DiskFaultTest : public ::testing::TestWithParam<DiskFault> {
 protected:
  // The operation with that number fails.
  static FaultedWork::Fault series(std::uint64_t number) {
    const DiskFault& disk_fault = GetParam();
    FaultedWork::Fault fault;
    fault.order = [number, kind = disk_fault.fault](MemoryDisk& disk) { disk.fail_once(number, kind); };
    fault.recall = [](MemoryDisk& disk) { return !disk.withdraw_fault(); };
    fault.kind = disk_fault.kind;
    return fault;
  }
};

TEST_P(DiskFaultTest, MayFailOnceInEachStep) {
  FaultedWork work(5);
  EXPECT_EQ(work.run(series), "");
  std::cout << work.faults() << " faults\n";
  EXPECT_GT(work.faults(), 300U);
}

TEST_P(DiskFaultTest, MayFailOnceWhileTheStoreIsOpened) {
  FaultedWork work(6);
  EXPECT_EQ(work.run_opening(series), "");
  std::cout << work.faults() << " faults\n";
  EXPECT_GT(work.faults(), 50U);
}

INSTANTIATE_TEST_SUITE_P(Disk, DiskFaultTest,
                         ::testing::Values(DiskFault{MemoryDisk::Fault::io_error, Kind::unreadable, "io_error"},
                                           DiskFault{MemoryDisk::Fault::full, Kind::full, "full"},
                                           DiskFault{MemoryDisk::Fault::short_transfer, Kind::unreadable,
                                                     "short_transfer"}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace elit::storage
