#include "storage/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "storage/store.hpp"

namespace elit::storage {
namespace {

constexpr const char* lock_name = "elitbuzz-sync.lock";

using Kind = StorageError::Kind;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view attempt, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const char* advice = full ? "make room on that disk"
                       : error == EROFS
                           ? "in a systemd service name the directory in ReadWritePaths=, else check the mount"
                           : "check the owner, the permissions and the mount of the state directory";
  throw StorageError(full ? Kind::full : Kind::unreadable,
                     path.string() + ": cannot " + std::string(attempt) + ": " + std::strerror(error) + "; " + advice);
}

void prepare_directory(const std::filesystem::path& path) {
  const DirectoryCreation creation = create_private_directory(path);
  if (creation == DirectoryCreation::created) {
    return;
  }
  if (creation == DirectoryCreation::failed && errno == ENOENT) {
    throw StorageError(Kind::unreadable, path.string() + ": the state directory and its parent do not exist; " +
                                             "create the parent or correct state.directory");
  }
  if (creation == DirectoryCreation::failed) {
    fail(path, "create the directory", errno);
  }
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    throw StorageError(Kind::unreadable, path.string() + ": is not a directory; correct state.directory");
  }
  if (std::filesystem::is_empty(path, error) && !error) {
    // An empty directory was made for this program; a filled one may hold other files. If the change is not permitted,
    // the mode of the database still protects the data.
    static_cast<void>(::chmod(path.c_str(), private_directory_mode));
  }
}

File open_private(const std::filesystem::path& path) {
  File file = File::open_private(path, O_RDWR | O_CREAT);
  if (!file.is_open()) {
    fail(path, "create the file, open it or set its mode", errno);
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

bool is_in_use(const std::filesystem::path& directory) {
  const File lock = File::open(directory / lock_name, O_RDONLY);
  return lock.is_open() && ::flock(lock.descriptor(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

StateDirectory::StateDirectory(const std::filesystem::path& directory) : path_(directory) {
  prepare_directory(path_);
  const std::filesystem::path lock_path = path_ / lock_name;
  lock_ = open_private(lock_path);
  if (lock_within_a_second(lock_.descriptor())) {
    return;
  }
  if (errno != EWOULDBLOCK) {
    fail(lock_path, "lock the file", errno);
  }
  throw StorageError(Kind::in_use, path_.string() + ": the state directory is in use by another elitbuzz-sync; end " +
                                       "it, or give this one another state.directory");
}

void StateDirectory::prepare_database() const {
  static_cast<void>(open_private(database()));
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::filesystem::path companion = database().string() + suffix;
    if (::chmod(companion.c_str(), private_file_mode) != 0 && errno != ENOENT) {
      fail(companion, "set the mode of the file", errno);
    }
  }
}

std::optional<StateDirectory::Identity> StateDirectory::identity_of(const std::filesystem::path& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return std::nullopt;
  }
  return Identity{found.st_dev, found.st_ino};
}

void StateDirectory::remember_files() {
  files_.clear();
  for (const std::filesystem::path& path :
       {path_ / lock_name, database(), std::filesystem::path(database().string() + "-wal")}) {
    if (const std::optional<Identity> identity = identity_of(path)) {
      files_.emplace_back(path, *identity);
    }
  }
}

void StateDirectory::require_files() const {
  for (const auto& [path, identity] : files_) {
    if (identity_of(path) != identity) {
      throw StorageError(Kind::replaced,
                         path.string() +
                             ": the file was deleted or another one was put in its place while "
                             "elitbuzz-sync ran; what is written now would be lost with it. Put the files "
                             "that are to be used in place, with elitbuzz-sync stopped, and start it: what "
                             "they lack is fetched again and delivered under the same keys");
    }
  }
}

}  // namespace elit::storage
