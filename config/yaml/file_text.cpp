#include "config/yaml/file_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace elit::config {
namespace {

constexpr std::size_t largest_file_bytes = 1024 * 1024;

FileText failed(std::string problem, bool is_there) {
  return {std::nullopt, std::move(problem), is_there};
}

std::string unreadable(int error) {
  return fmt::format("cannot be read: {}", std::generic_category().message(error));
}

FileText read_all(int file) {
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return failed(unreadable(errno), true);
    }
    if (count == 0) {
      return {std::move(text), "", true};
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_file_bytes) {
      return failed("is larger than 1MiB: this is hardly a configuration", true);
    }
  }
}

}  // namespace

FileText read_text_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    return failed(unreadable(errno), false);
  }
  struct stat status {};
  const bool known = ::fstat(file, &status) == 0;
  FileText result;
  if (known && S_ISREG(status.st_mode)) {
    result = read_all(file);
  } else {
    result =
        failed(known && S_ISDIR(status.st_mode) ? "is a directory: name the file in it" : "is no regular file", true);
  }
  ::close(file);
  return result;
}

}  // namespace elit::config
