#pragma once

#include <filesystem>

namespace elit::storage {

inline constexpr const char* database_name = "elitbuzz-sync.db";
inline constexpr const char* lock_name = "elitbuzz-sync.lock";

// The state directory, held by this process alone for as long as the object lives. The kernel frees the lock when the
// process ends, however it ends. Nothing in it is readable by others, whatever the umask.
class StateDirectory {
 public:
  // Creates `directory` with mode 0700 if its parent exists; an existing one is tightened to that only while it is
  // empty. Waits for the lock for at most a second. Throws StorageError.
  explicit StateDirectory(const std::filesystem::path& directory);
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory();

  [[nodiscard]] std::filesystem::path database() const { return path_ / database_name; }
  // Sees to it that the database file exists, empty if it is new, and that it and its companions have mode 0600.
  void prepare_database() const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace elit::storage
