#include <gtest/gtest.h>

#include "core/random.hpp"
#include "storage/database.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "storage/status_reader.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/storage/workload.hpp"

namespace elit::storage {
namespace {

using Kind = StorageError::Kind;

constexpr const char* log_name = "/elitbuzz-sync.db-wal";

// A disk with the files of a store that has been used.
class DamageTest : public ::testing::Test {
 protected:
  DamageTest() : disk_(1) {
    std::unique_ptr<Store> store = Store::open(disk_);
    work_.start(*store);
    for (int step = 0; step < Workload::steps / 2; ++step) {
      work_.run(*store, step);
    }
    log_ = disk_.contents(log_name).value();
    while_open_ = disk_.contents(memory_database).value();
    store.reset();
    file_ = disk_.contents(memory_database).value();
  }

  // Opens a store on these files and reads everything. The store reports damage, or the damage does no harm; anything
  // else ends this program.
  bool look_at(const std::string& file, const std::string& log, std::uint64_t seed) {
    MemoryDisk disk(seed);
    disk.put(memory_database, file);
    if (!log.empty()) {
      disk.put(log_name, log);
    }
    try {
      const std::unique_ptr<Store> store = Store::open(disk);
      work_.start(*store);
      if (!log.empty()) {
        EXPECT_EQ(work_.broken_promise(*store), "");
      }
      read_all(*store);
      (void)read_status(disk);
      (void)read_last_messages(disk, 20);
      ++opened_;
      return true;
    } catch (const StorageError& error) {
      const Kind kind = error.kind();
      EXPECT_TRUE(kind == Kind::corrupt || kind == Kind::foreign || kind == Kind::newer) << error.what();
      ++refused_;
    }
    return false;
  }

  static void read_all(Store& store) {
    std::vector<UserRow> users;
    store.visit_users(1, [&users](const ScheduledUser& user) { users.push_back(user.row); });
    for (const UserRow user : users) {
      (void)store.load_user(user);
      (void)store.remote_records(1, {{user, ""}, {user, "day-1"}});
      (void)store.delivered_messages(1, user, span_of(0, 1'000'000'000));
      (void)store.delivered_messages(1, user, std::nullopt);
    }
    for (const SinkId sink : {1, 2}) {
      (void)store.open_batches(sink);
      std::vector<MessageId> ids;
      for (const PendingMessage& message : store.pending_after(sink, 0, 1000)) {
        ids.push_back(message.id);
      }
      (void)store.load_messages(ids);
    }
    (void)store.ledger(1);
  }

  static void damage(std::string& bytes, Random& random) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(4)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes.replace(at, 1, 1, static_cast<char>(random.next()));
        break;
      case 2: {  // a page that was written to the wrong place
        const std::size_t pages = bytes.size() / 4096;
        bytes.replace(random.below(pages) * 4096, 4096, bytes.substr(random.below(pages) * 4096, 4096));
        break;
      }
      default:
        bytes.replace(at / 512 * 512, 512, std::string(512, static_cast<char>(random.below(2) * 0xFF)));
    }
  }

  MemoryDisk disk_;
  Workload work_{1};
  std::string file_;        // closed in order
  std::string while_open_;  // as a process that died leaves it, with its log
  std::string log_;
  int opened_ = 0;
  int refused_ = 0;
};

TEST_F(DamageTest, OfTheFileIsToldOrDoesNoHarm) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string file = file_;
    damage(file, random);
    look_at(file, "", seed);
  }
  std::cout << opened_ << " opened, " << refused_ << " refused\n";
  EXPECT_GT(refused_, 50);
}

// The store ignores everything behind the damage. The result is an earlier, sound state.
TEST_F(DamageTest, OfTheLogIsToldOrGivesASoundState) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string log = log_;
    damage(log, random);
    look_at(while_open_, seed % 10 == 0 ? log.substr(0, random.below(log.size())) : log, seed);
  }
  std::cout << opened_ << " opened, " << refused_ << " refused\n";
  EXPECT_GT(opened_, 50);
}

TEST_F(DamageTest, ThatCutsTheFileShortIsTold) {
  for (std::size_t size = 1; size < file_.size(); size += 2'000 + size / 16) {
    SCOPED_TRACE(size);
    look_at(file_.substr(0, size), "", size);
  }
  EXPECT_EQ(opened_, 0);
}

TEST_F(DamageTest, OfEachByteOfTheHeaderIsToldOrDoesNoHarm) {
  for (std::size_t at = 0; at < 100; ++at) {
    for (const int flipped : {0x01, 0x80, 0xFF}) {
      SCOPED_TRACE(at);
      std::string file = file_;
      file[at] = static_cast<char>(file[at] ^ flipped);
      look_at(file, "", at);
    }
  }
  std::cout << opened_ << " opened, " << refused_ << " refused\n";
}

}  // namespace
}  // namespace elit::storage
