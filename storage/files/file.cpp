#include "storage/files/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace elit {
namespace {

// Calls `call` until no signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) {
    result = call();
  }
  return result;
}

}  // namespace

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  const int error = errno;
  static_cast<void>(close());
  errno = error;
}

File File::open(const std::filesystem::path& path, int flags, mode_t mode) {
  return File(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
}

File File::open_private(const std::filesystem::path& path, int flags) {
  File file = open(path, flags, private_file_mode);
  if (file.is_open() && file.mode() != private_file_mode && ::fchmod(file.descriptor_, private_file_mode) != 0) {
    return {};
  }
  return file;
}

bool File::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || ::close(descriptor) == 0;
}

bool File::is_regular() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

std::optional<mode_t> File::mode() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? std::optional<mode_t>(status.st_mode & 07777U) : std::nullopt;
}

std::optional<std::string> File::read(std::size_t size_max) {
  std::string text;
  std::array<char, 16 * 1024> block{};
  while (text.size() <= size_max) {
    const std::size_t wanted = std::min(block.size(), size_max + 1 - text.size());
    const ssize_t count = uninterrupted([&] { return ::read(descriptor_, block.data(), wanted); });
    if (count < 0) {
      return std::nullopt;
    }
    if (count == 0) {
      break;
    }
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  return text;
}

bool File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
    if (count <= 0) {
      errno = count == 0 ? ENOSPC : errno;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool File::sync() {
  return uninterrupted([this] { return ::fsync(descriptor_); }) == 0;
}

bool File::truncate(off_t size) {
  return uninterrupted([&] { return ::ftruncate(descriptor_, size); }) == 0;
}

bool is_open_to_others(mode_t mode) {
  return (mode & (S_IRWXG | S_IRWXO)) != 0;
}

bool sync_directory(const std::filesystem::path& directory) {
  File opened = File::open(directory, O_RDONLY | O_DIRECTORY);
  return opened.is_open() && opened.sync();
}

DirectoryCreation create_private_directory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), private_directory_mode) != 0) {
    return errno == EEXIST ? DirectoryCreation::existed : DirectoryCreation::failed;
  }
  // The umask may have taken rights from the owner.
  return ::chmod(directory.c_str(), private_directory_mode) == 0 ? DirectoryCreation::created
                                                                 : DirectoryCreation::failed;
}

}  // namespace elit
