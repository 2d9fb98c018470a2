#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "storage/files/file.hpp"

namespace elit::daemon {

// The target of log lines: a file in append mode, or stderr. If the reader of stderr is too slow, one write waits a
// tenth of a second; later writes do not wait until the reader continues. Not thread-safe.
class LogFile {
 public:
  LogFile() = default;

  // Opens or creates `path`, mode 0600; its directory too (0700) if the directory's parent exists. Empty: stderr.
  // Throws std::system_error.
  [[nodiscard]] static LogFile open(const std::string& path);

  // Whether stderr leads to the journal of systemd (sd-daemon(3), $JOURNAL_STREAM).
  [[nodiscard]] static bool stderr_is_journal();

  [[nodiscard]] bool is_open() const { return file_.is_open(); }

  // Writes `line` and a line end. Returns 0, or the error number when a part was not written; the next call then ends
  // the incomplete line first.
  [[nodiscard]] int append(std::string_view line);

 private:
  LogFile(File file, bool is_socket) : file_(std::move(file)), is_socket_(is_socket) {}

  [[nodiscard]] int write_all(std::string_view bytes, std::size_t& done);

  File file_;
  bool is_socket_ = false;
  bool torn_ = false;  // the last line is incomplete, possibly from an earlier process
  bool waits_ = true;  // the last line was written, so a write to a full pipe waits
};

}  // namespace elit::daemon
