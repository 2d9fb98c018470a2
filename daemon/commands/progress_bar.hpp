#pragma once

#include <chrono>
#include <iosfwd>

#include "daemon/engine.hpp"

namespace elit::daemon {

// One line on a terminal that is drawn again and again while `sync` works: users, pages, messages, messages a second,
// and the time that is left at the measured pace. `out` outlives the bar. The destructor removes the line.
class ProgressBar {
 public:
  explicit ProgressBar(std::ostream& out) : out_(out), began_(std::chrono::steady_clock::now()) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void show(const Engine::Progress& progress);

 private:
  std::ostream& out_;
  std::chrono::steady_clock::time_point began_;
};

// The line without control characters. `elapsed`: since the start.
[[nodiscard]] std::string progress_line(const Engine::Progress& progress, Milliseconds elapsed);

}  // namespace elit::daemon
