#include "core/fetch/source_warnings.hpp"

#include <algorithm>

namespace elit {
namespace {

// The vendor's portal keeps 30 days (api.md section 3.5).
constexpr Milliseconds unread_alarm = std::chrono::hours{20 * 24};

// The advised look-back would have caught this share of the late arrivals.
constexpr double late_share_caught = 0.999;

}  // namespace

std::optional<Milliseconds> SourceWarnings::retention(std::optional<Instant> covered_to, Instant now) {
  if (retention_reported_ || !covered_to || now - *covered_to < unread_alarm) {
    return std::nullopt;
  }
  retention_reported_ = true;
  return now - *covered_to;
}

bool SourceWarnings::is_new(const std::string& deviation) {
  if (std::find(deviations_.begin(), deviations_.end(), deviation) != deviations_.end()) {
    return false;
  }
  deviations_.push_back(deviation);
  return true;
}

std::optional<Milliseconds> SourceWarnings::lookback_wanted(const std::vector<Milliseconds>& lateness) {
  for (const Milliseconds late : lateness) {
    lateness_.add(late);
  }
  const std::optional<Milliseconds> wanted = lateness_.look_back_for(late_share_caught);
  if (lateness.empty() || !wanted || lateness_reported_ || *wanted <= lookback_) {
    return std::nullopt;
  }
  lateness_reported_ = true;
  return wanted;
}

}  // namespace elit
