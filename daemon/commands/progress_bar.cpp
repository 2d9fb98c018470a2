#include "daemon/commands/progress_bar.hpp"

#include <fmt/format.h>

#include <ostream>

#include "core/text/wording.hpp"

namespace elit::daemon {
namespace {

constexpr std::size_t width = 24;
constexpr Milliseconds pace_known_after{2'000};

std::string bar(std::size_t done, std::size_t all) {
  const std::size_t filled = all == 0 ? 0 : width * done / all;
  return std::string(filled, '#') + std::string(width - filled, '-');
}

}  // namespace

std::string progress_line(const Engine::Progress& progress, Milliseconds elapsed) {
  const SourceLoop::Progress& fetched = progress.fetched;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  std::string line =
      fmt::format("[{}] {}/{} users, {}, {}", bar(fetched.users_done, fetched.users), fetched.users_done, fetched.users,
                  counted(fetched.pages, "page", "pages"), counted(fetched.messages, "new message", "new messages"));
  if (elapsed >= pace_known_after) {
    line += fmt::format(", {:.0f}/s", static_cast<double>(fetched.messages) / seconds);
  }
  if (elapsed >= pace_known_after && fetched.users_done > 0 && fetched.users_done < fetched.users) {
    const double left =
        seconds * static_cast<double>(fetched.users - fetched.users_done) / static_cast<double>(fetched.users_done);
    line += ", about " + rough_duration(std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(left))) + " left";
  }
  if (progress.waiting > 0) {
    line += fmt::format(", {} to deliver", progress.waiting);
  }
  return line;
}

ProgressBar::~ProgressBar() {
  out_ << "\r\033[K" << std::flush;
}

void ProgressBar::show(const Engine::Progress& progress) {
  const auto elapsed = std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now() - began_);
  out_ << "\r\033[K" << progress_line(progress, elapsed) << std::flush;
}

}  // namespace elit::daemon
