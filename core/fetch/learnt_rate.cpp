#include "core/fetch/learnt_rate.hpp"

#include <algorithm>
#include <cmath>

namespace elit {
namespace {

constexpr double rate_min = 0.05;      // one request in 20 seconds
constexpr double rate_useless = 1000;  // no limit at all
constexpr double lowering = 0.7;       // where the refusal comes too early to measure anything
constexpr double margin = 0.95;        // below what was seen
// So many answers make a measurement, or any number of them in this time.
constexpr int allowed_min = 5;
constexpr Milliseconds span_min = std::chrono::seconds{1};

// The rate has doubled after so many successes since the refusal, and is ten times as high after three times as many.
constexpr double successes_to_double = 100;
// A peer that is asked rarely gives few successes: then it doubles with time.
constexpr double seconds_to_double = 60;

// A longer row of refusals is an outage of its own kind and says nothing about the rate.
constexpr Milliseconds row_max = std::chrono::seconds{90};

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::max(0.001, std::chrono::duration<double>(to - from).count());
}

}  // namespace

void LearntRate::on_success(SteadyTime now) {
  if (row_began_) {
    // The first refusal of the row ended what was counted before and begins what is counted now.
    counted_from_ = now - *row_began_ <= row_max ? *row_began_ : now;
    allowed_ = 0;
    row_began_.reset();
  }
  if (!counted_from_) {
    counted_from_ = now;
  }
  ++allowed_;
  if (!rate_) {
    return;
  }
  ++successes_;
  const double by_count = 1 + std::pow(successes_ / successes_to_double, 2);
  const double by_time = std::exp2(seconds_between(*refused_, now) / seconds_to_double);
  rate_ = base_ * std::max(by_count, by_time);
  if (*rate_ >= rate_useless) {
    rate_.reset();
  }
}

double LearntRate::seen_rate(SteadyTime now) const {
  return counted_from_ && allowed_ > 0 ? allowed_ / seconds_between(*counted_from_, now) : 0;
}

bool LearntRate::on_refused(SteadyTime sent, SteadyTime now, double rate) {
  if (refused_ && sent <= *refused_) {
    return false;
  }
  const bool first_of_row = !row_began_;
  const double seen = seen_rate(now);
  const double before = capacity(rate) > 0 ? capacity(rate) : seen;
  // From refusal to refusal the measure is exact. Before the first one it holds a burst that the peer allowed once.
  const bool measured = refused_ && (allowed_ >= allowed_min || (allowed_ > 0 && now - *counted_from_ >= span_min));
  refused_ = now;
  if (!first_of_row) {
    rate_ = before > 0 ? std::optional(base_) : std::nullopt;
  } else if (before > 0) {
    base_ = std::max(rate_min, measured ? std::min(before, seen * margin) : before * lowering);
    rate_ = base_;
  }
  row_began_ = first_of_row ? now : *row_began_;
  successes_ = 0;
  return true;
}

double LearntRate::capacity(double rate) const {
  if (!rate_) {
    return rate;
  }
  return rate > 0 ? std::min(*rate_, rate) : *rate_;
}

}  // namespace elit
