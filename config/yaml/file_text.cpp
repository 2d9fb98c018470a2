#include "config/yaml/file_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "storage/files/file.hpp"

namespace elit::config {
namespace {

constexpr std::size_t largest_file_bytes = 1024 * 1024;

std::string unreadable(int error) {
  return fmt::format("cannot be read: {}", std::generic_category().message(error));
}

}  // namespace

FileText read_text_file(const std::filesystem::path& path) {
  File file = File::open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.is_open()) {
    return {std::nullopt, unreadable(errno), false};
  }
  if (!file.is_regular()) {
    std::error_code error;
    const bool is_directory = std::filesystem::is_directory(path, error);
    return {std::nullopt, is_directory ? "is a directory: name the file in it" : "is no regular file", true};
  }
  std::optional<std::string> text = file.read(largest_file_bytes);
  if (!text) {
    return {std::nullopt, unreadable(errno), true};
  }
  if (text->size() > largest_file_bytes) {
    return {std::nullopt, "is larger than 1MiB: this is hardly a configuration", true};
  }
  return {std::move(text), "", true};
}

}  // namespace elit::config
