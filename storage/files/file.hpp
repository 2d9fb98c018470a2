#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace elit {

inline constexpr mode_t private_file_mode = 0600;
inline constexpr mode_t private_directory_mode = 0700;

// An open file descriptor, closed when the object ends. Calls are repeated when a signal interrupts them. A call that
// fails says why in errno. Not thread-safe.
class File {
 public:
  File() = default;
  // Takes ownership of the descriptor. A negative one means that the object is closed.
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // open(2) with O_CLOEXEC added. The result is closed if that fails.
  [[nodiscard]] static File open(const std::filesystem::path& path, int flags, mode_t mode = 0);
  // The same, and sets the file's mode to private_file_mode, with any earlier mode and any umask. The result is closed
  // if that fails.
  [[nodiscard]] static File open_private(const std::filesystem::path& path, int flags);

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Closes the descriptor. False when the system reports that written bytes were lost; true for a closed object.
  bool close();

  [[nodiscard]] bool is_regular() const;
  // The nine permission bits and the three before them; absent when they cannot be read.
  [[nodiscard]] std::optional<mode_t> mode() const;
  // Reads from the present position to the end, but at most `size_max` + 1 bytes. A longer result tells the caller that
  // the file is too large. Absent on failure.
  [[nodiscard]] std::optional<std::string> read(std::size_t size_max);
  // Writes all bytes; false when some could not be written.
  [[nodiscard]] bool write(std::string_view bytes);
  [[nodiscard]] bool sync();
  [[nodiscard]] bool truncate(off_t size);

 private:
  int descriptor_ = -1;
};

// Whether anyone but the owner has any permission.
[[nodiscard]] bool is_open_to_others(mode_t mode);

// Makes the directory's entries durable. False on failure, with errno.
[[nodiscard]] bool sync_directory(const std::filesystem::path& directory);

enum class DirectoryCreation { created, existed, failed };

// Creates a directory with private_directory_mode, with any umask. Its parent must exist. `existed`: something with
// this path exists, not necessarily a directory, and was not changed. `failed`: errno says why.
[[nodiscard]] DirectoryCreation create_private_directory(const std::filesystem::path& directory);

}  // namespace elit
