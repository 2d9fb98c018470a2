#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fetch/lateness.hpp"
#include "core/instant.hpp"

namespace elit {

// What the operator is told about a source once, however often it is seen.
class SourceWarnings {
 public:
  // `lookback`: the configured one.
  explicit SourceWarnings(Milliseconds lookback) : lookback_(lookback) {}

  // How long a user has not been read, when that comes near the vendor's retention. `covered_to`: the end of what is
  // covered of it; absent: nothing.
  [[nodiscard]] std::optional<Milliseconds> retention(std::optional<Instant> covered_to, Instant now);

  // Whether this deviation of the API is seen for the first time.
  [[nodiscard]] bool is_new(const std::string& deviation);
  // What was seen is over: it is new when it is seen again.
  void forget_deviations() { deviations_.clear(); }

  // Late arrivals of one read: the look-back that is advised, when it is longer than the configured one.
  [[nodiscard]] std::optional<Milliseconds> lookback_wanted(const std::vector<Milliseconds>& lateness);
  // Late arrivals so far.
  [[nodiscard]] std::int64_t late() const { return lateness_.count(); }

 private:
  Milliseconds lookback_;
  Lateness lateness_;
  bool lateness_reported_ = false;
  bool retention_reported_ = false;
  std::vector<std::string> deviations_;
};

}  // namespace elit
