#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "storage/files/file.hpp"

namespace elit::storage {

inline constexpr const char* database_name = "elitbuzz-sync.db";

// Whether a process holds the lock of the state directory. Also false when the directory is missing or cannot be read.
[[nodiscard]] bool is_in_use(const std::filesystem::path& directory);

// The state directory, locked for this process while the object exists. The kernel frees the lock when the process
// ends, also when it is killed. Other users cannot read the files in it, with any umask.
class StateDirectory {
 public:
  // Creates `directory` with mode 0700 if its parent exists; an existing directory gets this mode only if it is empty.
  // Waits at most one second for the lock. Throws StorageError.
  explicit StateDirectory(const std::filesystem::path& directory);
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory() = default;

  [[nodiscard]] std::filesystem::path database() const { return path_ / database_name; }
  // Creates the database file, empty, if it is missing, and gives it and its companions mode 0600.
  void prepare_database() const;

  // Takes note of which files the state has now. Requires: the database is open.
  void remember_files();
  // Throws StorageError (replaced) if one of them is gone or another file stands in its place.
  void require_files() const;

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  [[nodiscard]] static std::optional<Identity> identity_of(const std::filesystem::path& path);

  std::filesystem::path path_;
  File lock_;
  std::vector<std::pair<std::filesystem::path, Identity>> files_;
};

}  // namespace elit::storage
