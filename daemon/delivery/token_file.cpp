#include "daemon/delivery/token_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "storage/files/file.hpp"

namespace elit::daemon {
namespace {

constexpr std::size_t size_max = 256 * 1024;  // bytes

std::filesystem::path file_of(const std::filesystem::path& directory, const std::string& sink) {
  return directory / (sink + ".token");
}

Failure failed(const std::string& what, const std::filesystem::path& path) {
  Failure failure;
  failure.detail = "cannot keep the token: " + what + ' ' + path.string() + ": " + std::strerror(errno) +
                   "; make the directory writable for the service";
  return failure;
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
  File file = File::open(path, O_RDONLY | O_NOFOLLOW);
  if (!file.is_open()) {
    if (errno != ENOENT) {
      warning = "cannot read " + path.string() + ": " + std::strerror(errno) + "; a new token is asked for";
    }
    return std::nullopt;
  }
  if (file.is_regular() && is_open_to_others(file.mode().value_or(0))) {
    warning = path.string() + " is readable by others and not used; a new token is asked for. chmod 600 it";
    return std::nullopt;
  }
  std::optional<std::string> text = file.is_regular() ? file.read(size_max) : std::nullopt;
  if (!text || text->size() > size_max) {
    warning = path.string() + " is no token file of ours; a new token is asked for";
    return std::nullopt;
  }
  return text;
}

std::optional<Failure> write_token_file(const std::filesystem::path& directory, const std::string& sink,
                                        const std::string& text) {
  if (create_private_directory(directory) == DirectoryCreation::failed) {
    return failed("creating", directory);
  }
  const std::filesystem::path path = file_of(directory, sink);
  std::filesystem::path fresh = path;
  fresh += ".new";
  // A crash may have left one behind.
  static_cast<void>(::unlink(fresh.c_str()));
  File file = File::open_private(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!file.is_open() || !file.write(text) || !file.sync() || !file.close()) {
    return failed("writing", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return failed("renaming", fresh);
  }
  return sync_directory(directory) ? std::nullopt : std::optional(failed("syncing", directory));
}

}  // namespace elit::daemon
