#include "daemon/log/log_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace elit::daemon {

namespace {

constexpr mode_t file_mode = S_IRUSR | S_IWUSR;
constexpr mode_t directory_mode = S_IRWXU;
constexpr int wait_max_ms = 100;

[[noreturn]] void throw_system_error(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Our own description of stderr, so that not waiting for its reader is our affair alone: O_NONBLOCK on the inherited
// one would change it for the shell and for everyone who shares it.
int open_stderr(bool is_socket) {
  if (!is_socket) {
    const int own = ::open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0) {
      return own;
    }
  }
  return ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

bool is_socket(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

// Devices and files of others keep their mode: `log.file: /dev/null` must not change the machine.
void keep_private(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid()) {
    ::fchmod(descriptor, file_mode);
  }
}

// Whether the file, open for writing at `descriptor`, ends within a line, as a crash leaves it. One that cannot be read
// is believed to be whole.
bool ends_torn(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    return false;
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) {
    return false;
  }
  char last = '\n';
  const bool is_torn = ::pread(file, &last, 1, status.st_size - 1) == 1 && last != '\n';
  ::close(file);
  return is_torn;
}

}  // namespace

LogFile::LogFile(LogFile&& other) noexcept {
  *this = std::move(other);
}

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_socket_, other.is_socket_);
  std::swap(torn_, other.torn_);
  std::swap(patient_, other.patient_);
  return *this;
}

LogFile::~LogFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

LogFile LogFile::open(const std::string& path) {
  if (path.empty()) {
    const bool socket = is_socket(STDERR_FILENO);
    const int descriptor = open_stderr(socket);
    if (descriptor < 0) {
      throw_system_error("stderr cannot be used for the log");
    }
    return LogFile{descriptor, socket};
  }
  const std::string directory = std::filesystem::path{path}.parent_path().string();
  if (!directory.empty() && ::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST) {
    throw_system_error("the log directory " + directory + " cannot be created");
  }
  // O_NONBLOCK: a named pipe without a reader is an error, not a wait.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, file_mode);
  if (descriptor < 0) {
    throw_system_error("the log file " + path + " cannot be opened");
  }
  keep_private(descriptor);
  LogFile opened{descriptor, false};
  opened.torn_ = ends_torn(descriptor, path);
  return opened;
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
    torn_ = done != 1;  // with the separating line end out and nothing more, the next line starts clean
  } else {
    torn_ = done > 0;
  }
  patient_ = error == 0;
  return error;
}

int LogFile::write_all(std::string_view bytes, std::size_t& done) {
  while (done < bytes.size()) {
    const std::string_view rest = bytes.substr(done);
    const ssize_t written = is_socket_ ? ::send(descriptor_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                       : ::write(descriptor_, rest.data(), rest.size());
    if (written > 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EINTR) {
      continue;
    }
    if (error == EAGAIN && patient_) {
      patient_ = false;
      pollfd writable{descriptor_, POLLOUT, 0};
      if (::poll(&writable, 1, wait_max_ms) > 0) {
        continue;
      }
    }
    return error;
  }
  return 0;
}

}  // namespace elit::daemon
