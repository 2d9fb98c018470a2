#include "daemon/system/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace elit::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;
using Kind = SecretProblem::Kind;

class SecretTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    ::unsetenv("CREDENTIALS_DIRECTORY");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  SecretReference file(const std::string& content, mode_t mode = 0600) {
    const std::filesystem::path path = directory_ / "secret";
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
    return {SecretReference::Kind::file, path.string()};
  }

  static void expect_problem(const SecretReference& reference, Kind kind, const char* fragment) {
    const auto secret = read_secret(reference);
    ASSERT_FALSE(secret.has_value());
    EXPECT_EQ(secret.error().kind, kind) << secret.error().what;
    EXPECT_EQ(secret.error().exit_status(), kind == Kind::permission ? 77 : 78);
    EXPECT_THAT(secret.error().what, HasSubstr(fragment));
    EXPECT_THAT(secret.error().what, Not(HasSubstr("canary")));
  }

  std::filesystem::path directory_;
};

TEST_F(SecretTest, LosesTheLineFeedsAtItsEndAndNothingElse) {
  EXPECT_EQ(read_secret(file("key")).value(), "key");
  EXPECT_EQ(read_secret(file("key\n")).value(), "key");
  EXPECT_EQ(read_secret(file("key\r\n\n")).value(), "key");
  EXPECT_EQ(read_secret(file(" Bearer key \n")).value(), " Bearer key ");
}

TEST_F(SecretTest, ThatIsEmptyIsRefused) {
  expect_problem(file(""), Kind::unsound, "is empty");
  expect_problem(file("\n\n"), Kind::unsound, "is empty");
}

TEST_F(SecretTest, WithControlCharactersIsRefused) {
  expect_problem(file("canary\nsecond\n"), Kind::unsound, "control characters");
  expect_problem(file(std::string("canary\0x", 8)), Kind::unsound, "control characters");
  expect_problem(file("canary\x7F"), Kind::unsound, "control characters");
}

TEST_F(SecretTest, ThatIsAKeyInPemKeepsItsLines) {
  const std::string pem = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----";
  const auto read = read_secret(file(pem + "\n"));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, pem);
  expect_problem(file("-----BEGIN PRIVATE KEY-----\nAA\tAA\n"), Kind::unsound, "control characters");
}

TEST_F(SecretTest, LargerThanAnySecretIsRefused) {
  EXPECT_TRUE(read_secret(file(std::string(65'536, 'x'))).has_value());
  expect_problem(file(std::string(65'537, 'x')), Kind::unsound, "larger than 64KiB");
}

TEST_F(SecretTest, ThatOthersMayReadIsAMatterOfPermission) {
  expect_problem(file("canary", 0640), Kind::permission, "chmod 600");
  expect_problem(file("canary", 0604), Kind::permission, "(mode 0604)");
  EXPECT_TRUE(read_secret(file("key", 0400)).has_value());
}

TEST_F(SecretTest, ThatIsMissingOrNoFileIsRefused) {
  expect_problem({SecretReference::Kind::file, (directory_ / "none").string()}, Kind::missing, "No such file");
  expect_problem({SecretReference::Kind::file, directory_.string()}, Kind::unsound, "not a regular file");
  const std::filesystem::path pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_problem({SecretReference::Kind::file, pipe.string()}, Kind::unsound, "not a regular file");
}

TEST_F(SecretTest, ComesFromTheEnvironment) {
  ::setenv("ELITBUZZ_SYNC_TEST_SECRET", "key\n", 1);
  EXPECT_EQ(read_secret({SecretReference::Kind::environment, "ELITBUZZ_SYNC_TEST_SECRET"}).value(), "key");
  ::setenv("ELITBUZZ_SYNC_TEST_SECRET", "", 1);
  expect_problem({SecretReference::Kind::environment, "ELITBUZZ_SYNC_TEST_SECRET"}, Kind::unsound, "is empty");
  ::unsetenv("ELITBUZZ_SYNC_TEST_SECRET");
  expect_problem({SecretReference::Kind::environment, "ELITBUZZ_SYNC_TEST_SECRET"}, Kind::missing, "is not set");
}

TEST_F(SecretTest, ComesFromACredentialOfSystemdWhateverItsMode) {
  file("key\n", 0640);
  expect_problem({SecretReference::Kind::credential, "secret"}, Kind::missing, "LoadCredential=");
  ::setenv("CREDENTIALS_DIRECTORY", directory_.c_str(), 1);
  EXPECT_EQ(read_secret({SecretReference::Kind::credential, "secret"}).value(), "key");
  EXPECT_EQ(read_secret({SecretReference::Kind::file, (directory_ / "secret").string()}).value(), "key");
  expect_problem({SecretReference::Kind::credential, "other"}, Kind::missing, "credential other");
  ::setenv("CREDENTIALS_DIRECTORY", (directory_ / "sec").c_str(), 1);
  expect_problem({SecretReference::Kind::file, (directory_ / "secret").string()}, Kind::permission, "chmod 600");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

}  // namespace
}  // namespace elit::daemon
