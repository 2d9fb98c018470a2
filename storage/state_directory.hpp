#pragma once

#include <filesystem>

namespace elit::storage {

inline constexpr const char* database_name = "elitbuzz-sync.db";
inline constexpr const char* lock_name = "elitbuzz-sync.lock";

// The state directory, locked for this process as long as the object lives. The kernel frees the lock when the process
// ends, also when it is killed. Other users can read nothing in it, with any umask.
class StateDirectory {
 public:
  // Creates `directory` with mode 0700 if its parent exists; an existing directory gets this mode only if it is empty.
  // Waits at most one second for the lock. Throws StorageError.
  explicit StateDirectory(const std::filesystem::path& directory);
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory();

  [[nodiscard]] std::filesystem::path database() const { return path_ / database_name; }
  // Creates the database file, empty, if it is missing, and gives it and its companions mode 0600.
  void prepare_database() const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace elit::storage
