#include "storage/memory_disk/memory_disk.hpp"

#include <gmock/gmock.h>

#include <set>

#include "storage/database.hpp"
#include "storage/status_reader.hpp"
#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using Fault = MemoryDisk::Fault;
using Kind = StorageError::Kind;

// A plain database on the disk, without the settings of a Store.
std::unique_ptr<Connection> connect(MemoryDisk& disk) {
  auto connection = std::make_unique<Connection>(memory_database, Connection::Access::write, disk.vfs_name());
  connection->accept();
  return connection;
}

std::unique_ptr<Connection> connect_with_table(MemoryDisk& disk, const std::string& journal_mode) {
  std::unique_ptr<Connection> connection = connect(disk);
  connection->execute("PRAGMA journal_mode = " + journal_mode + "; PRAGMA synchronous = FULL; CREATE TABLE t (x)");
  return connection;
}

// A blob of several pages, so that each insert writes in several places.
constexpr const char* insert_row = "INSERT INTO t SELECT randomblob(9000)";

TEST(MemoryDiskTest, HoldsAStoreThatIsThereWhenItIsOpenedAgain) {
  MemoryDisk disk(1);
  Store::open(disk)->register_source("support");
  const std::unique_ptr<Store> store = Store::open(disk);
  Connection& connection = StorePeek::connection(*store);
  EXPECT_EQ(connection.integer("SELECT count(*) FROM sources WHERE name = 'support'"), 1);
  EXPECT_EQ(connection.integer("PRAGMA synchronous"), 2);
  EXPECT_EQ(connection.integer("PRAGMA user_version"), schema_version());
}

TEST(MemoryDiskTest, IsReadBesideTheWriterAndWithoutOne) {
  MemoryDisk disk(2);
  {
    const std::unique_ptr<Store> store = Store::open(disk);
    store->register_source("support");
    const std::unique_ptr<Connection> reader = open_for_reading(disk);
    EXPECT_EQ(reader->integer("SELECT count(*) FROM sources"), 1);
    store->register_source("sales");
    EXPECT_EQ(reader->integer("SELECT count(*) FROM sources"), 2);
    EXPECT_EQ(read_status(disk).sources.size(), 2U);
  }
  EXPECT_EQ(disk.contents("/elitbuzz-sync.db-wal"), std::nullopt);
  EXPECT_EQ(read_status(disk).sources.size(), 2U);
}

TEST(MemoryDiskTest, HasNothingToReadBeforeAStoreWasOpened) {
  MemoryDisk disk(3);
  EXPECT_EQ(kind_thrown_by([&] { (void)read_status(disk); }), Kind::unreadable);
}

TEST(MemoryDiskTest, RefusesAForeignFileAsARealDiskWould) {
  MemoryDisk disk(4);
  disk.put(memory_database, "these are notes");
  EXPECT_EQ(kind_thrown_by([&] { (void)Store::open(disk); }), Kind::foreign);
  EXPECT_EQ(disk.contents(memory_database), "these are notes");
}

TEST(MemoryDiskTest, AnswersThatItIsBusyWhenTwoConnectionsWrite) {
  for (const char* mode : {"WAL", "DELETE"}) {
    MemoryDisk disk(5);
    const std::unique_ptr<Connection> first = connect_with_table(disk, mode);
    const std::unique_ptr<Connection> second = connect(disk);
    first->execute("BEGIN IMMEDIATE");
    first->execute(insert_row);
    EXPECT_EQ(kind_thrown_by([&] { second->execute("BEGIN IMMEDIATE"); }), Kind::in_use) << mode;
    first->execute("COMMIT");
    second->execute(insert_row);
    EXPECT_EQ(first->integer("SELECT count(*) FROM t"), 2) << mode;
  }
}

TEST(MemoryDiskTest, LetsAReaderKeepItsPictureWhileAnotherWrites) {
  MemoryDisk disk(6);
  const std::unique_ptr<Connection> writer = connect_with_table(disk, "WAL");
  const std::unique_ptr<Connection> reader = connect(disk);
  reader->execute("BEGIN");
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t"), 0);
  writer->execute(insert_row);
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t"), 0);
  reader->execute("COMMIT");
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t"), 1);
}

TEST(MemoryDiskTest, MakesAWriterWaitForAReaderWithARollbackJournal) {
  MemoryDisk disk(7);
  const std::unique_ptr<Connection> writer = connect_with_table(disk, "DELETE");
  const std::unique_ptr<Connection> reader = connect(disk);
  reader->execute("BEGIN");
  EXPECT_EQ(reader->integer("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(kind_thrown_by([&] { writer->execute(insert_row); }), Kind::in_use);
  reader->execute("COMMIT");
  writer->execute(insert_row);
}

// The operations and files that one run of a workload leaves.
std::pair<std::uint64_t, std::string> run_with(std::uint64_t seed) {
  MemoryDisk disk(seed);
  const std::unique_ptr<Connection> connection = connect_with_table(disk, "WAL");
  for (int i = 0; i < 10; ++i) {
    connection->execute(insert_row);
  }
  disk.lose_power();
  return {disk.operations(), *disk.contents(memory_database) + disk.contents("/elitbuzz-sync.db-wal").value_or("")};
}

TEST(MemoryDiskTest, DoesTheSameAgainWithTheSameSeed) {
  EXPECT_EQ(run_with(8), run_with(8));
  EXPECT_NE(run_with(8).second, run_with(9).second);
}

TEST(MemoryDiskTest, IsCopiedWithItsFilesAndWithoutItsFaults) {
  MemoryDisk original(10);
  Store::open(original)->register_source("support");
  original.die_after(0);
  MemoryDisk copy(original, 11);
  EXPECT_EQ(StorePeek::connection(*Store::open(copy)).integer("SELECT count(*) FROM sources"), 1);
  Store::open(copy)->register_source("sales");
  original.revive();
  EXPECT_EQ(StorePeek::connection(*Store::open(original)).integer("SELECT count(*) FROM sources"), 1);
}

TEST(MemoryDiskTest, KeepsWhatWasCommittedThroughALossOfPower) {
  for (const char* mode : {"WAL", "DELETE"}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      MemoryDisk disk(seed);
      const std::unique_ptr<Connection> before = connect_with_table(disk, mode);
      // With a rollback journal, a transaction is undone if the journal's deletion is, which FULL does not sync.
      before->execute("PRAGMA synchronous = EXTRA");
      before->execute(insert_row);
      disk.lose_power();
      const std::unique_ptr<Connection> after = connect(disk);
      EXPECT_EQ(after->integer("SELECT count(*) FROM t"), 1) << mode << ", seed " << seed;
    }
  }
}

TEST(MemoryDiskTest, LosesSomeOfWhatWasNotSyncedAndTearsIt) {
  std::set<std::string> images;
  bool lost = false;
  bool kept = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    MemoryDisk disk(seed);
    const std::unique_ptr<Connection> before = connect(disk);
    before->execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE t (x)");
    before->execute("INSERT INTO t VALUES (zeroblob(100000))");
    const std::string written = *disk.contents(memory_database);
    disk.lose_power();
    const std::string image = disk.contents(memory_database).value_or("");
    lost = lost || image.empty();
    kept = kept || image == written;
    images.insert(image);
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
  EXPECT_GT(images.size(), 10U);
}

TEST(MemoryDiskTest, UndoesADeletionThatWasNotSyncedOrDoesNot) {
  std::set<bool> there;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk(seed);
    {
      // The last connection deletes the log, and syncs no directory for that.
      const std::unique_ptr<Connection> connection = connect_with_table(disk, "WAL");
      connection->execute(insert_row);
    }
    ASSERT_EQ(disk.contents("/elitbuzz-sync.db-wal"), std::nullopt);
    disk.lose_power();
    there.insert(disk.contents("/elitbuzz-sync.db-wal").has_value());
    EXPECT_EQ(connect(disk)->integer("SELECT count(*) FROM t"), 1) << "seed " << seed;
  }
  EXPECT_THAT(there, ElementsAre(false, true));
}

TEST(MemoryDiskTest, LeavesNothingOfAStoreThatLostItsPower) {
  MemoryDisk disk(12);
  std::unique_ptr<Store> store = Store::open(disk);
  const SourceId source = store->register_source("support");
  disk.lose_power();
  EXPECT_EQ(kind_thrown_by([&] { store->record_fact(source, "a", "b"); }), Kind::unreadable);
  EXPECT_EQ(kind_thrown_by([&] { (void)store->facts(source); }), Kind::unreadable);
  const std::unique_ptr<Store> next = Store::open(disk);
  next->record_fact(source, "c", "d");
  store.reset();
  EXPECT_EQ(next->facts(source).size(), 1U);
}

TEST(MemoryDiskTest, DiesAtTheOperationItIsToldAndComesBack) {
  MemoryDisk disk(13);
  std::unique_ptr<Store> store = Store::open(disk);
  const SourceId source = store->register_source("support");
  store->begin_group();
  store->record_fact(source, "a", "b");
  disk.die_after(1);
  const std::uint64_t before = disk.operations();
  EXPECT_EQ(kind_thrown_by([&] { store->commit_group(); }), Kind::unreadable);
  EXPECT_TRUE(disk.dead());
  EXPECT_GT(disk.operations(), before + 1);
  EXPECT_EQ(kind_thrown_by([&] { (void)Store::open(disk); }), Kind::unreadable);
  disk.revive();
  EXPECT_FALSE(disk.dead());
  store->rollback_group();
  EXPECT_EQ(kind_thrown_by([&] { store->register_source("sales"); }), Kind::unreadable);
  store.reset();
  EXPECT_TRUE(Store::open(disk)->facts(source).empty());
}

TEST(MemoryDiskTest, FailsOnceInTheWayItIsTold) {
  const std::vector<std::pair<Fault, Kind>> faults = {
      {Fault::io_error, Kind::unreadable}, {Fault::full, Kind::full}, {Fault::short_transfer, Kind::unreadable}};
  for (const auto& [fault, kind] : faults) {
    MemoryDisk disk(14);
    const std::unique_ptr<Store> store = Store::open(disk);
    const SourceId source = store->register_source("support");
    disk.fail_once(0, fault);
    EXPECT_EQ(kind_thrown_by([&] { store->record_fact(source, "a", "b"); }), kind);
    EXPECT_EQ(disk.faults_struck(), 1U);
    store->record_fact(source, "c", "d");
    EXPECT_EQ(store->facts(source).size(), 1U);
  }
}

TEST(MemoryDiskTest, IsFullAtItsCapacity) {
  MemoryDisk disk(15);
  const std::unique_ptr<Store> store = Store::open(disk);
  const SourceId source = store->register_source("support");
  const std::uint64_t capacity = disk.used_bytes() + 100'000;
  disk.set_capacity(capacity);
  const std::string value(30'000, 'v');
  std::string message;
  EXPECT_EQ(kind_thrown_by(
                [&] {
                  for (int i = 0;; ++i) {
                    store->record_fact(source, std::to_string(i), value);
                  }
                },
                &message),
            Kind::full);
  EXPECT_THAT(message, ::testing::HasSubstr("make room"));
  EXPECT_LE(disk.used_bytes(), capacity);
  const std::size_t stored = store->facts(source).size();
  disk.set_capacity(0);
  store->record_fact(source, "after", value);
  EXPECT_EQ(store->facts(source).size(), stored + 1);
}

}  // namespace
}  // namespace elit::storage
