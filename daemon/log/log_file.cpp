#include "daemon/log/log_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace elit::daemon {

namespace {

constexpr int wait_max_ms = 100;

[[noreturn]] void throw_system_error(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Opens stderr again: O_NONBLOCK on the inherited description would also apply to the shell and every other process
// that shares it.
File open_stderr(bool is_socket) {
  if (!is_socket) {
    File own = File::open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
    if (own.is_open()) {
      return own;
    }
  }
  return File(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

bool is_socket(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

// Devices and files of other users keep their mode: `log.file: /dev/null` must not change the machine.
void keep_private(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid()) {
    ::fchmod(descriptor, private_file_mode);
  }
}

// Whether the file, open for writing at `descriptor`, ends within a line, as a crash leaves it. False when it cannot be
// read.
bool ends_torn(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    return false;
  }
  const File file = File::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  char last = '\n';
  return file.is_open() && ::pread(file.descriptor(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

LogFile LogFile::open(const std::string& path) {
  if (path.empty()) {
    const bool socket = is_socket(STDERR_FILENO);
    File file = open_stderr(socket);
    if (!file.is_open()) {
      throw_system_error("stderr cannot be used for the log");
    }
    return LogFile{std::move(file), socket};
  }
  const std::string directory = std::filesystem::path{path}.parent_path().string();
  if (!directory.empty() && create_private_directory(directory) == DirectoryCreation::failed) {
    throw_system_error("the log directory " + directory + " cannot be created");
  }
  // O_NONBLOCK: opening a named pipe without a reader fails instead of blocking.
  File file = File::open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, private_file_mode);
  if (!file.is_open()) {
    throw_system_error("the log file " + path + " cannot be opened");
  }
  keep_private(file.descriptor());
  const bool torn = ends_torn(file.descriptor(), path);
  LogFile opened{std::move(file), false};
  opened.torn_ = torn;
  return opened;
}

bool LogFile::stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         stream == std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

int LogFile::append(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 2);
  if (torn_) {
    bytes += '\n';
  }
  bytes += line;
  bytes += '\n';
  std::size_t done = 0;
  const int error = write_all(bytes, done);
  if (error == 0) {
    torn_ = false;
  } else if (torn_) {
    torn_ = done != 1;  // if only the separating line end was written, the next line starts on a line of its own
  } else {
    torn_ = done > 0;
  }
  waits_ = error == 0;
  return error;
}

int LogFile::write_all(std::string_view bytes, std::size_t& done) {
  while (done < bytes.size()) {
    const std::string_view rest = bytes.substr(done);
    const ssize_t written = is_socket_
                                ? ::send(file_.descriptor(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                : ::write(file_.descriptor(), rest.data(), rest.size());
    if (written > 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EINTR) {
      continue;
    }
    if (error == EAGAIN && waits_) {
      waits_ = false;
      pollfd writable{file_.descriptor(), POLLOUT, 0};
      if (::poll(&writable, 1, wait_max_ms) > 0) {
        continue;
      }
    }
    return error;
  }
  return 0;
}

}  // namespace elit::daemon
