#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace elit::fuzz {

// The two files of a state: its database and what is still in the write-ahead log, empty when there is none.
struct StateFiles {
  std::string database;
  std::string log;
};

// A directory in memory, where there is one, that is removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string bytes_of(const std::filesystem::path& file);  // empty for a missing file
void write_bytes(const std::filesystem::path& file, const std::string& bytes);

// A sound state with something in every table: users of each status, coverage, staged pages, outcomes, open batches.
// `at_rest`: the daemon has ended and the log is gone; otherwise it runs, and some of it is in the log alone.
[[nodiscard]] StateFiles small_state(bool at_rest);

}  // namespace elit::fuzz
