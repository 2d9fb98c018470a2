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

// Where states are written: in memory, if the machine has a file system there.
[[nodiscard]] std::filesystem::path state_parent();

void write_bytes(const std::filesystem::path& file, const std::string& bytes);

// A sound state with something in every table: users of each status, coverage, staged pages, outcomes, open batches.
// `at_rest`: the daemon has ended and the log is gone; otherwise it runs, and some of it is in the log alone.
[[nodiscard]] StateFiles small_state(bool at_rest);

}  // namespace elit::fuzz
