#include "storage/files/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/storage/store_fixture.hpp"

namespace elit {
namespace {

class FileTest : public testing::Test {
 protected:
  ScratchDirectory temporary_;
  std::filesystem::path path_ = temporary_.path() / "file";
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  File written = File::open_private(path_, O_WRONLY | O_CREAT);
  ASSERT_TRUE(written.is_open());
  const std::string text(100'000, 'x');
  EXPECT_TRUE(written.write(text));
  EXPECT_TRUE(written.sync());
  EXPECT_TRUE(written.close());
  EXPECT_FALSE(written.is_open());
  EXPECT_EQ(File::open(path_, O_RDONLY).read(text.size()), text);
  EXPECT_EQ(File::open(path_, O_RDONLY).read(9), std::string(10, 'x')) << "one byte more tells that it is too large";
}

TEST_F(FileTest, SaysInErrnoWhyACallFailed) {
  EXPECT_FALSE(File::open(path_, O_RDONLY).is_open());
  EXPECT_EQ(errno, ENOENT);
  File full = File::open("/dev/full", O_WRONLY);
  EXPECT_FALSE(full.write("text"));
  EXPECT_EQ(errno, ENOSPC);
  File directory = File::open(temporary_.path(), O_RDONLY);
  EXPECT_EQ(directory.read(10), std::nullopt);
  EXPECT_EQ(errno, EISDIR);
  EXPECT_FALSE(directory.is_regular());
}

TEST_F(FileTest, IsPrivateWhateverTheUmaskAndTheModeBefore) {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    std::filesystem::remove(path_);
    EXPECT_EQ(File::open_private(path_, O_WRONLY | O_CREAT).mode(), private_file_mode);
    ::umask(before);
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(is_open_to_others(File::open(path_, O_RDONLY).mode().value_or(0)));
  EXPECT_FALSE(is_open_to_others(File::open_private(path_, O_WRONLY).mode().value_or(0777)));
}

TEST_F(FileTest, ClosesItsDescriptorOnce) {
  File first = File::open_private(path_, O_WRONLY | O_CREAT);
  const int descriptor = first.descriptor();
  {
    File second(std::move(first));
    EXPECT_EQ(second.descriptor(), descriptor);
    first = std::move(second);
  }
  EXPECT_NE(::fcntl(descriptor, F_GETFD), -1);
  first = File();
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

TEST_F(FileTest, CreatesAPrivateDirectoryAndLeavesAnExistingOneAlone) {
  const std::filesystem::path directory = temporary_.path() / "directory";
  const mode_t before = ::umask(0);
  EXPECT_EQ(create_private_directory(directory), DirectoryCreation::created);
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(directory).permissions(), std::filesystem::perms::owner_all);
  EXPECT_TRUE(sync_directory(directory));
  ASSERT_EQ(::chmod(directory.c_str(), 0755), 0);
  EXPECT_EQ(create_private_directory(directory), DirectoryCreation::existed);
  EXPECT_TRUE(is_open_to_others(File::open(directory, O_RDONLY).mode().value_or(0)));
  EXPECT_EQ(create_private_directory(temporary_.path() / "absent" / "directory"), DirectoryCreation::failed);
  EXPECT_EQ(errno, ENOENT);
}

}  // namespace
}  // namespace elit
