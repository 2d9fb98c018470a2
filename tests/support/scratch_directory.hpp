#pragma once

#include <filesystem>

namespace elit {

// A new, empty directory that only its owner can read. It is removed at the end with all that is in it.
class ScratchDirectory {
 public:
  // Throws std::system_error if the directory cannot be made in `parent`.
  explicit ScratchDirectory(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace elit
