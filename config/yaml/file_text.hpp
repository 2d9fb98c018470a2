#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace elit::config {

// A file that a person wrote, or what is wrong with it.
struct FileText {
  std::optional<std::string> text;
  std::string problem;    // in words that follow the file's name, when there is no text
  bool is_there = false;  // it could be opened
};

// Reads a regular file of at most 1 MiB. Blocks for the disk, but for no pipe without a writer.
[[nodiscard]] FileText read_text_file(const std::filesystem::path& path);

}  // namespace elit::config
