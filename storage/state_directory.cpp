#include "storage/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "storage/store.hpp"

namespace elit::storage {
namespace {

using Kind = StorageError::Kind;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view attempt, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const char* advice = full ? "make room on that disk" : "check the permissions and the mount of the state directory";
  throw StorageError(full ? Kind::full : Kind::unreadable,
                     path.string() + ": cannot " + std::string(attempt) + ": " + std::strerror(error) + "; " + advice);
}

void create_private_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    // The umask may have removed our own rights.
    if (::chmod(path.c_str(), 0700) != 0) {
      fail(path, "set the mode of the directory", errno);
    }
    return;
  }
  if (errno == ENOENT) {
    throw StorageError(Kind::unreadable, path.string() + ": the state directory does not exist and neither does its " +
                                             "parent; create the parent or correct state.directory");
  }
  if (errno != EEXIST) {
    fail(path, "create the directory", errno);
  }
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    throw StorageError(Kind::unreadable, path.string() + ": is not a directory; correct state.directory");
  }
  if (std::filesystem::is_empty(path, error) && !error) {
    // An administrator made it for us; it holds no files of others. If we may not change it, the mode of the database
    // protects the data.
    ::chmod(path.c_str(), 0700);
  }
}

// Opens the file with mode 0600; creates it if it does not exist.
int open_private(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    fail(path, "open or create the file", errno);
  }
  struct stat status = {};
  if (::fstat(file, &status) == 0 && (status.st_mode & 07777U) != 0600U && ::fchmod(file, 0600) != 0) {
    const int error = errno;
    ::close(file);
    fail(path, "set the mode of the file", error);
  }
  return file;
}

bool lock_within_a_second(int file) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return false;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      errno = EWOULDBLOCK;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace

StateDirectory::StateDirectory(const std::filesystem::path& directory) : path_(directory) {
  create_private_directory(path_);
  const std::filesystem::path lock_path = path_ / lock_name;
  const int file = open_private(lock_path);
  if (!lock_within_a_second(file)) {
    const int error = errno;
    ::close(file);
    if (error != EWOULDBLOCK) {
      fail(lock_path, "lock the file", error);
    }
    throw StorageError(Kind::in_use, path_.string() + ": the state directory is in use by another elitbuzz-sync; end " +
                                         "it, or give this one another state.directory");
  }
  lock_ = file;
}

StateDirectory::~StateDirectory() {
  ::close(lock_);
}

void StateDirectory::prepare_database() const {
  ::close(open_private(database()));
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::filesystem::path companion = database().string() + suffix;
    if (::chmod(companion.c_str(), 0600) != 0 && errno != ENOENT) {
      fail(companion, "set the mode of the file", errno);
    }
  }
}

}  // namespace elit::storage
