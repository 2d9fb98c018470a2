#include "daemon/delivery/file_archive.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/daemon/delivery/delivering_rig.hpp"

namespace elit::daemon {
namespace {

OutgoingMessage message(char name) {
  OutgoingMessage made;
  made.key = std::string(32, name);
  made.source = "support";
  made.user_id = "u1";
  made.raw = "{\"a\":\n1}";
  return made;
}

std::string line_of(char name) {
  return "{\"key\":\"" + std::string(32, name) +
         R"(","source":"support","user_id":"u1","timestamp":null,"direction":"unknown","sender":"","type":"",)"
         R"("text":"",)"
         R"("media":null,"user":null,"raw":{"a": 1}})"
         "\n";
}

class FileArchiveTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path directory() const { return scratch_.path() / "archive"; }
  [[nodiscard]] std::filesystem::path today() const { return directory() / "2026-01-31.jsonl"; }
  [[nodiscard]] static unsigned mode_of(const std::filesystem::path& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }
  void leave(const std::string& content) {
    std::filesystem::create_directory(directory());
    std::ofstream(today(), std::ios::binary) << content;
  }

  ScratchDirectory scratch_;
  FileArchive archive_{directory()};
};

TEST_F(FileArchiveTest, WritesOneMessageALineIntoTheFileOfTheDay) {
  EXPECT_FALSE(archive_.append({message('a'), message('b')}, test_start));
  EXPECT_FALSE(archive_.append({message('c')}, test_start));
  EXPECT_FALSE(archive_.append({message('d')}, test_start + std::chrono::hours{24}));
  EXPECT_EQ(content_of(today()), line_of('a') + line_of('b') + line_of('c'));
  EXPECT_EQ(content_of(directory() / "2026-02-01.jsonl"), line_of('d'));
}

TEST_F(FileArchiveTest, IsReadableByItsOwnerAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  EXPECT_FALSE(archive_.append({message('a')}, test_start));
  EXPECT_EQ(mode_of(directory()), 0700U);
  EXPECT_EQ(mode_of(today()), 0600U);
  ::umask(0777);
  FileArchive other(scratch_.path() / "other");
  EXPECT_FALSE(other.append({message('a')}, test_start));
  ::umask(before);
  EXPECT_EQ(mode_of(scratch_.path() / "other"), 0700U);
  EXPECT_EQ(mode_of(scratch_.path() / "other" / "2026-01-31.jsonl"), 0600U);
}

TEST_F(FileArchiveTest, CutsOffATornLine) {
  const std::vector<std::string> tails{"", "{\"key\":\"bbbb", std::string(200'000, 'x')};
  for (const auto& torn : tails) {
    leave(line_of('a') + torn);
    FileArchive archive(directory());
    EXPECT_FALSE(archive.recover({}));
    EXPECT_EQ(content_of(today()), line_of('a'));
  }
  leave("torn");
  EXPECT_FALSE(archive_.recover({}));
  EXPECT_EQ(content_of(today()), "");
}

TEST_F(FileArchiveTest, WritesNoLineTwiceAfterACrash) {
  leave(line_of('a') + line_of('b') + line_of('c').substr(0, 60));
  EXPECT_FALSE(archive_.recover({std::string(32, 'b'), std::string(32, 'c'), std::string(32, 'd')}));
  EXPECT_FALSE(archive_.append({message('b'), message('c'), message('d')}, test_start));
  EXPECT_EQ(content_of(today()), line_of('a') + line_of('b') + line_of('c') + line_of('d'));
}

TEST_F(FileArchiveTest, FindsTheBatchThatLiesBeforeMidnight) {
  leave(line_of('a'));
  std::ofstream(directory() / "2026-02-01.jsonl") << line_of('b');
  EXPECT_FALSE(archive_.recover({std::string(32, 'a'), std::string(32, 'b')}));
  EXPECT_FALSE(archive_.append({message('a'), message('b'), message('c')}, test_start + std::chrono::hours{48}));
  EXPECT_EQ(content_of(directory() / "2026-02-02.jsonl"), line_of('c'));
}

TEST_F(FileArchiveTest, WritesAReplayAgain) {
  leave(line_of('a'));
  EXPECT_FALSE(archive_.recover({std::string(32, 'a')}));
  EXPECT_FALSE(archive_.append({message('a')}, test_start));
  EXPECT_FALSE(archive_.append({message('a')}, test_start));
  EXPECT_EQ(content_of(today()), line_of('a') + line_of('a'));
}

TEST_F(FileArchiveTest, LeavesNothingOfABatchThatFoundNoRoom) {
  EXPECT_FALSE(archive_.append({message('a')}, test_start));
  // A limit on the size of files stands for a full disk: the first line of the batch fits, the second does not.
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit tight = before;
  tight.rlim_cur = 2 * line_of('a').size() + 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto failure = archive_.append({message('b'), message('c')}, test_start);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, FailureKind::transient);
  EXPECT_NE(failure->detail.find(today().string()), std::string::npos);
  EXPECT_EQ(content_of(today()), line_of('a'));
  EXPECT_FALSE(archive_.append({message('b'), message('c')}, test_start));
  EXPECT_EQ(content_of(today()), line_of('a') + line_of('b') + line_of('c'));
}

TEST_F(FileArchiveTest, SaysWhyItCannotWrite) {
  FileArchive archive(scratch_.path() / "no" / "such");
  const auto failure = archive.append({message('a')}, test_start);
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->detail.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace elit::daemon
