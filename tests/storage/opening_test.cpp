#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "storage/database.hpp"
#include "storage/migrations.hpp"
#include "storage/soundness.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/support/project_files.hpp"

namespace elit::storage {
namespace {

using ::testing::HasSubstr;
using Kind = StorageError::Kind;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class OpeningTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path directory() const { return temporary_.path() / "state"; }
  [[nodiscard]] std::filesystem::path database() const { return directory() / database_name; }
  Kind refusal() {
    return kind_thrown_by([this] { (void)Store::open(directory()); }, &message_);
  }
  void create() { Store::open(directory())->register_source("support"); }
  // Refused, and no byte is changed.
  void expect_refused(Kind kind) {
    const std::string before = content_of(database());
    EXPECT_EQ(refusal(), kind) << message_;
    EXPECT_THAT(message_, HasSubstr(database().string()));
    EXPECT_EQ(content_of(database()), before);
  }
  // Makes another program's database of the file with a query of that program.
  void execute(const std::string& script) {
    Connection connection(database(), Connection::Access::write);
    connection.execute(script);
    connection.accept();
  }

  ScratchDirectory temporary_;
  std::string message_;
};

TEST_F(OpeningTest, CreatesAPrivateDirectoryAndFilesWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
    ScratchDirectory temporary;
    const std::filesystem::path state = temporary.path() / "state";
    const mode_t before = ::umask(mask);
    const std::unique_ptr<Store> store = Store::open(state);
    store->register_source("support");
    ::umask(before);
    EXPECT_EQ(mode_of(state), 0700U);
    for (const char* name :
         {"elitbuzz-sync.db", "elitbuzz-sync.db-wal", "elitbuzz-sync.db-shm", "elitbuzz-sync.lock"}) {
      EXPECT_EQ(mode_of(state / name), 0600U) << name;
    }
  }
}

TEST_F(OpeningTest, TellsWhetherAProcessHoldsTheDirectory) {
  EXPECT_FALSE(is_in_use(directory()));
  {
    const std::unique_ptr<Store> store = Store::open(directory());
    EXPECT_TRUE(is_in_use(directory()));
  }
  EXPECT_FALSE(is_in_use(directory()));
}

TEST_F(OpeningTest, TightensAnEmptyDirectoryAndALooseDatabase) {
  std::filesystem::create_directory(directory());
  ::chmod(directory().c_str(), 0755);
  create();
  EXPECT_EQ(mode_of(directory()), 0700U);
  ::chmod(database().c_str(), 0644);
  create();
  EXPECT_EQ(mode_of(database()), 0600U);
}

TEST_F(OpeningTest, LeavesTheModeOfADirectoryThatHoldsOtherFiles) {
  std::filesystem::create_directory(directory());
  ::chmod(directory().c_str(), 0755);
  write(directory() / "somebody's", "file");
  create();
  EXPECT_EQ(mode_of(directory()), 0755U);
}

TEST_F(OpeningTest, RefusesADirectoryWithoutAParent) {
  std::string message;
  EXPECT_EQ(kind_thrown_by([this] { (void)Store::open(directory() / "below"); }, &message), Kind::unreadable);
  EXPECT_THAT(message, HasSubstr("parent"));
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(OpeningTest, RefusesAFileInPlaceOfTheDirectory) {
  write(directory(), "a file");
  EXPECT_EQ(refusal(), Kind::unreadable);
  EXPECT_THAT(message_, HasSubstr("is not a directory"));
}

TEST_F(OpeningTest, IsRefusedWhileAnotherStoreHoldsTheDirectory) {
  const std::unique_ptr<Store> first = Store::open(directory());
  EXPECT_EQ(refusal(), Kind::in_use);
  EXPECT_THAT(message_, HasSubstr(directory().string()));
}

TEST_F(OpeningTest, IsRefusedWhileAnotherProcessHoldsTheDirectoryAndNotAfterItWasKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::unique_ptr<Store> store = Store::open(directory());
    store->begin_group();
    store->register_source("half");
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(refusal(), Kind::in_use);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  const std::unique_ptr<Store> store = Store::open(directory());
  EXPECT_EQ(StorePeek::connection(*store).integer("SELECT count(*) FROM sources"), 0);
}

TEST_F(OpeningTest, TakesAnEmptyFileForANewOne) {
  std::filesystem::create_directory(directory());
  write(database(), "");
  create();
  EXPECT_GT(std::filesystem::file_size(database()), 0U);
}

TEST_F(OpeningTest, ReopensWhatItMade) {
  create();
  const std::unique_ptr<Store> store = Store::open(directory());
  EXPECT_EQ(StorePeek::connection(*store).integer("SELECT count(*) FROM sources WHERE name = 'support'"), 1);
  EXPECT_EQ(StorePeek::connection(*store).integer("PRAGMA user_version"), schema_version());
  EXPECT_EQ(StorePeek::connection(*store).integer("PRAGMA application_id"), application_id);
  EXPECT_EQ(StorePeek::connection(*store).integer("PRAGMA synchronous"), 2);
  EXPECT_EQ(StorePeek::connection(*store).integer("PRAGMA foreign_keys"), 1);
}

TEST_F(OpeningTest, ContinuesASetUpThatACrashInterrupted) {
  std::filesystem::create_directory(directory());
  write(database(), "");
  execute("PRAGMA application_id = " + std::to_string(application_id));
  create();
  const std::unique_ptr<Store> store = Store::open(directory());
  EXPECT_EQ(StorePeek::connection(*store).integer("SELECT count(*) FROM sources"), 1);
}

TEST_F(OpeningTest, RefusesAFileThatIsNoDatabase) {
  std::filesystem::create_directory(directory());
  write(database(), "these are notes");
  expect_refused(Kind::foreign);
  write(database(), std::string(9000, 'x'));
  expect_refused(Kind::foreign);
}

TEST_F(OpeningTest, RefusesAnotherProgramsDatabaseEvenInWalMode) {
  std::filesystem::create_directory(directory());
  write(database(), "");
  execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  expect_refused(Kind::foreign);
  execute("PRAGMA journal_mode = WAL; INSERT INTO theirs VALUES (2)");
  expect_refused(Kind::foreign);
}

TEST_F(OpeningTest, RefusesANewerDatabaseWithBothNumbers) {
  create();
  execute("PRAGMA user_version = 4711");
  expect_refused(Kind::newer);
  EXPECT_THAT(message_, HasSubstr("4711"));
  EXPECT_THAT(message_, HasSubstr("up to " + std::to_string(schema_version())));
}

TEST_F(OpeningTest, RefusesTablesWithoutASchemaVersion) {
  create();
  for (const char* version : {"0", "-3"}) {
    execute(std::string("PRAGMA user_version = ") + version);
    expect_refused(Kind::corrupt);
    EXPECT_THAT(message_, HasSubstr(version));
  }
}

TEST_F(OpeningTest, RefusesADamagedHeader) {
  create();
  std::string bytes = content_of(database());
  bytes[0] = 'X';
  write(database(), bytes);
  expect_refused(Kind::corrupt);
}

// As after a loss of power while the header was being written, which the log still has.
TEST_F(OpeningTest, TakesADamagedHeaderFromTheLog) {
  std::string file;
  std::string log;
  {
    const std::unique_ptr<Store> store = Store::open(directory());
    store->register_source("support");
    file = content_of(database());
    log = content_of(database().string() + "-wal");
  }
  file.replace(0, 512, 512, '\x5A');
  write(database(), file);
  write(database().string() + "-wal", log);
  const std::unique_ptr<Store> store = Store::open(directory());
  EXPECT_EQ(StorePeek::connection(*store).integer("SELECT count(*) FROM sources WHERE name = 'support'"), 1);
}

TEST_F(OpeningTest, RefusesADamagedHeaderBesideALogThatLacksIt) {
  create();
  std::string bytes = content_of(database());
  bytes[0] = 'X';
  write(database(), bytes);
  write(database().string() + "-wal", std::string(5000, '\x5A'));
  expect_refused(Kind::corrupt);
}

TEST_F(OpeningTest, RefusesAnotherProgramsDatabaseWithItsLogAndLeavesBoth) {
  std::filesystem::create_directory(directory());
  write(database(), "");
  execute("PRAGMA application_id = 7; CREATE TABLE theirs (x); PRAGMA journal_mode = WAL");
  const std::string file = content_of(database());
  std::string log;
  {
    Connection connection(database(), Connection::Access::write);
    connection.execute("INSERT INTO theirs VALUES (2)");
    log = content_of(database().string() + "-wal");
  }
  ASSERT_FALSE(log.empty());
  write(database(), file);
  write(database().string() + "-wal", log);
  expect_refused(Kind::foreign);
  EXPECT_EQ(content_of(database().string() + "-wal"), log);
}

TEST_F(OpeningTest, RefusesAnUnreadableSchemaFormat) {
  create();
  std::string bytes = content_of(database());
  bytes[47] = 99;
  write(database(), bytes);
  expect_refused(Kind::corrupt);
}

TEST_F(OpeningTest, RefusesATruncatedFile) {
  create();
  const std::string bytes = content_of(database());
  write(database(), bytes.substr(0, bytes.size() / 2));
  expect_refused(Kind::corrupt);
  write(database(), bytes.substr(0, 50));
  expect_refused(Kind::corrupt);
}

TEST_F(OpeningTest, RefusesAnOverwrittenPage) {
  create();
  std::string bytes = content_of(database());
  bytes.replace(bytes.size() / 2 / 4096 * 4096, 4096, 4096, '\x5A');
  write(database(), bytes);
  expect_refused(Kind::corrupt);
}

TEST_F(OpeningTest, FindsDamageInTheMessagesWithoutRecreatingThem) {
  {
    const std::unique_ptr<Store> store = Store::open(directory());
    const SourceId source = store->register_source("support");
    const AudienceId audience = store->register_audiences(source, {{"a", "b"}}).front();
    store->stage_listing(audience, {{"u", "{}"}});
    const UserRow user = store->apply_listings(source, {{audience, true}}, from_ms(day)).arrived.at(0);
    std::vector<OrderedRow> rows;
    for (int i = 0; i < 500; ++i) {
      rows.push_back(row_at(i));
    }
    store->commit_window(rows_read(user, rows));
  }
  std::string bytes = content_of(database());
  for (std::size_t page = bytes.size() / 4096 - 8; page < bytes.size() / 4096; ++page) {
    bytes.replace(page * 4096, 64, 64, '\xFF');
  }
  write(database(), bytes);
  expect_refused(Kind::corrupt);
}

TEST_F(OpeningTest, RefusesADefinitionThatIsNotOurs) {
  for (const char* change :
       {"UPDATE sqlite_schema SET sql = replace(sql, 'last_error', 'last_errox') WHERE name = 'users'",
        "DELETE FROM sqlite_schema WHERE name = 'messages_v1'"}) {
    std::filesystem::remove_all(directory());
    create();
    execute(std::string("PRAGMA writable_schema = ON; ") + change);
    EXPECT_EQ(refusal(), Kind::corrupt) << change;
    EXPECT_THAT(message_, HasSubstr("the definition of the "));
  }
}

// What a BackgroundCheck of the state finds; empty: nothing.
std::string found_in(const std::filesystem::path& file) {
  std::promise<std::exception_ptr> ended;
  const BackgroundCheck check(file, [&ended](std::exception_ptr finding) { ended.set_value(std::move(finding)); });
  const std::exception_ptr finding = ended.get_future().get();
  if (!finding) {
    return "";
  }
  std::string message;
  EXPECT_EQ(kind_thrown_by([&finding] { std::rethrow_exception(finding); }, &message), Kind::corrupt);
  return message;
}

TEST_F(OpeningTest, ChecksALargeStateBesideTheWork) {
  create();
  execute("CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(" +
          std::to_string(checked_at_once_bytes) + "))");
  {
    const std::unique_ptr<Store> store = Store::open(directory());
    EXPECT_TRUE(store->needs_check());
    EXPECT_EQ(found_in(database()), "");
  }
  std::string bytes = content_of(database());
  bytes.replace(bytes.size() / 2 / 4096 * 4096, 4, 4, '\x7F');  // the link to the next page of the value
  write(database(), bytes);
  const std::unique_ptr<Store> store = Store::open(directory());
  EXPECT_THAT(found_in(database()), HasSubstr("the database is damaged"));
}

TEST_F(OpeningTest, ChecksASmallStateBeforeItIsUsed) {
  create();
  EXPECT_FALSE(Store::open(directory())->needs_check());
}

TEST_F(OpeningTest, ACheckEndsWithItsOwner) {
  const std::unique_ptr<Store> store = Store::open(directory());
  for (int i = 0; i < 20; ++i) {
    const BackgroundCheck check(database(), [](const std::exception_ptr& finding) { EXPECT_FALSE(finding); });
  }
}

TEST_F(OpeningTest, MigrationsAreNumberedFromOneWithoutAGap) {
  int expected = 1;
  for (const Migration& migration : migrations()) {
    EXPECT_EQ(migration.version, expected++);
    EXPECT_FALSE(migration.sql.empty());
  }
  EXPECT_GT(expected, 1);
}

}  // namespace
}  // namespace elit::storage
