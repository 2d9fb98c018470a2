#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "core/failure.hpp"
#include "core/instant.hpp"

namespace elit::daemon {

// The sink of `type: file`: JSON lines, one message a line in the form of the generic sink, in one file for each UTC
// day of delivery (`YYYY-MM-DD.jsonl`). The directory (0700, created if its parent exists) and the files (0600) are
// readable by their owner alone, whatever the umask. Blocks for the disk; for one thread at a time.
class FileArchive {
 public:
  explicit FileArchive(std::filesystem::path directory);

  // To be called before the first append: takes away a line that a crash left torn, and finds out which of `unsure`,
  // the keys of batches that may have been written before it, are there; those are skipped by append. Only the two
  // newest files can hold them: batches are written one after the other, and one may lie across midnight.
  [[nodiscard]] std::optional<Failure> recover(std::set<std::string> unsure);

  // Writes the messages to the file of the day of `at` and makes them durable. All or none: after a failure the file is
  // as it was. Failures are transient (no room, no permission).
  [[nodiscard]] std::optional<Failure> append(const std::vector<OutgoingMessage>& messages, Instant at);

 private:
  struct Unclean {
    std::filesystem::path file;
    std::int64_t size = 0;  // what it had before the append that failed
  };

  [[nodiscard]] std::optional<Failure> make_directory();
  [[nodiscard]] std::optional<Failure> clean();

  std::filesystem::path directory_;
  std::set<std::string> present_;  // keys that are in the files although no outcome is recorded
  std::optional<Unclean> unclean_;
};

}  // namespace elit::daemon
