#include "daemon/delivery/token_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/daemon/delivery/delivering_rig.hpp"

namespace elit::daemon {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TokenFileTest : public ::testing::Test {
 protected:
  std::optional<std::string> read() { return read_token_file(directory_, "crm", warning_); }

  ScratchDirectory scratch_;
  fs::path directory_ = scratch_.path() / "state-tokens";
  fs::path file_ = directory_ / "crm.token";
  std::string warning_;
};

TEST_F(TokenFileTest, GivesBackWhatWasKeptLast) {
  EXPECT_EQ(write_token_file(directory_, "crm", "first"), std::nullopt);
  EXPECT_EQ(write_token_file(directory_, "crm", "second, and longer"), std::nullopt);
  EXPECT_EQ(read(), "second, and longer");
  EXPECT_EQ(warning_, "");
}

TEST_F(TokenFileTest, IsReadableByItsOwnerAloneWhateverTheUmask) {
  const mode_t before = ::umask(0);
  EXPECT_EQ(write_token_file(directory_, "crm", "token"), std::nullopt);
  ::umask(before);
  EXPECT_EQ(fs::status(directory_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(TokenFileTest, ThatIsMissingIsNoTrouble) {
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_EQ(warning_, "");
}

TEST_F(TokenFileTest, ThatOthersMayReadIsNotUsed) {
  ASSERT_EQ(write_token_file(directory_, "crm", "token"), std::nullopt);
  fs::permissions(file_, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_THAT(warning_, HasSubstr("chmod 600"));
}

TEST_F(TokenFileTest, IsNotFollowedToAnotherPlace) {
  ASSERT_EQ(write_token_file(directory_, "other", "elsewhere"), std::nullopt);
  fs::create_symlink(directory_ / "other.token", file_);
  EXPECT_EQ(read(), std::nullopt);
  EXPECT_NE(warning_, "");
}

TEST_F(TokenFileTest, IsReplacedAsAWholeOverWhatACrashLeft) {
  ASSERT_EQ(write_token_file(directory_, "crm", "old"), std::nullopt);
  std::ofstream(directory_ / "crm.token.new") << "half";
  EXPECT_EQ(read(), "old");
  EXPECT_EQ(write_token_file(directory_, "crm", "new"), std::nullopt);
  EXPECT_EQ(read(), "new");
  EXPECT_FALSE(fs::exists(directory_ / "crm.token.new"));
}

TEST_F(TokenFileTest, SaysWhyItCannotBeKept) {
  const auto failure = write_token_file(scratch_.path() / "no" / "parent", "crm", "token");
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::transient);
  EXPECT_THAT(failure->detail, HasSubstr("cannot keep the token"));
}

TEST_F(TokenFileTest, StandsBesideTheStateAndNotInIt) {
  EXPECT_EQ(token_directory_for("/var/lib/elitbuzz-sync"), "/var/lib/elitbuzz-sync-tokens");
  EXPECT_EQ(token_directory_for("/var/lib/elitbuzz-sync/"), "/var/lib/elitbuzz-sync-tokens");
  EXPECT_EQ(token_directory_for("/var/lib/./elitbuzz-sync/."), "/var/lib/elitbuzz-sync-tokens");
}

}  // namespace
}  // namespace elit::daemon
