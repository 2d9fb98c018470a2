#include "core/fetch/clock_skew.hpp"

namespace elit {
namespace {

using std::chrono::abs;

constexpr Milliseconds resolution{2'000};
constexpr Milliseconds worth_a_warning{5'000};

}  // namespace

void ClockSkew::observe(Instant date, Instant sent, Instant received) {
  // The header names the second in which the answer was made, at some moment of the request: anything in
  // [sent - 1 s, received] agrees with our clock.
  Milliseconds skew{0};
  if (date + Milliseconds{1'000} < sent) {
    skew = date + Milliseconds{500} - sent;
  } else if (date > received) {
    skew = date + Milliseconds{500} - received;
  }
  value_ = abs(skew) <= resolution ? Milliseconds{0} : skew;
}

std::optional<Milliseconds> ClockSkew::take_warning() {
  if (abs(value_ - warned_) < worth_a_warning) {
    return std::nullopt;
  }
  warned_ = value_;
  return value_;
}

}  // namespace elit
