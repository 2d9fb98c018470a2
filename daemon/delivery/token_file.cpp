#include "daemon/delivery/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace elit::daemon {
namespace {

constexpr off_t size_max = 256 * 1024;
constexpr mode_t others = S_IRWXG | S_IRWXO;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { static_cast<void>(close()); }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }
  bool close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_;
};

std::filesystem::path file_of(const std::filesystem::path& directory, const std::string& sink) {
  return directory / (sink + ".token");
}

Failure failed(const std::string& what, const std::filesystem::path& path) {
  Failure failure;
  failure.detail = "cannot keep the token: " + what + ' ' + path.string() + ": " + std::strerror(errno) +
                   "; make the directory writable for the service";
  return failure;
}

bool write_all(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) {
      return false;
    }
    written += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return ::fsync(file) == 0;
}

}  // namespace

std::filesystem::path token_directory_for(const std::filesystem::path& state_directory) {
  std::filesystem::path directory = state_directory.lexically_normal();
  if (!directory.has_filename()) {
    directory = directory.parent_path();
  }
  directory += "-tokens";
  return directory;
}

std::optional<std::string> read_token_file(const std::filesystem::path& directory, const std::string& sink,
                                           std::string& warning) {
  const std::filesystem::path path = file_of(directory, sink);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.open()) {
    if (errno != ENOENT) {
      warning = "cannot read " + path.string() + ": " + std::strerror(errno) + "; a new token is asked for";
    }
    return std::nullopt;
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > size_max) {
    warning = path.string() + " is no token file of ours; a new token is asked for";
    return std::nullopt;
  }
  if ((status.st_mode & others) != 0) {
    warning = path.string() + " is readable by others and not used; a new token is asked for. chmod 600 it";
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t count = ::read(file.number(), text.data() + got, text.size() - got);
    if (count == 0 || (count < 0 && errno != EINTR)) {
      break;
    }
    got += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  text.resize(got);
  return text;
}

std::optional<Failure> write_token_file(const std::filesystem::path& directory, const std::string& sink,
                                        const std::string& text) {
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return failed("creating", directory);
  }
  const std::filesystem::path path = file_of(directory, sink);
  std::filesystem::path fresh = path;
  fresh += ".new";
  // What a crash left half written is in nobody's way.
  static_cast<void>(::unlink(fresh.c_str()));
  Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file.open() || ::fchmod(file.number(), S_IRUSR | S_IWUSR) != 0 || !write_all(file.number(), text) ||
      !file.close()) {
    return failed("writing", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return failed("renaming", fresh);
  }
  const Descriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.open() || ::fsync(parent.number()) != 0) {
    return failed("syncing", directory);
  }
  return std::nullopt;
}

}  // namespace elit::daemon
