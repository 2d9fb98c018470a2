#include "tests/bench/harness.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <utility>

#include "core/check.hpp"

namespace elit::bench {
namespace {

constexpr int rounds_full = 9;

double processor_seconds() {
  timespec time{};
  check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0, "this machine has no clock of processor time");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void call(const std::function<void()>& function) {
  if (function) {
    function();
  }
}

}  // namespace

Harness::Harness(int argument_count, const char* const* arguments) {
  for (int i = 1; i < argument_count; ++i) {
    if (std::string_view(arguments[i]) != "--smoke") {
      std::fprintf(stderr, "usage: %s [--smoke]\n", arguments[0]);
      std::exit(64);
    }
    smoke_ = true;
  }
}

void Harness::add(Case entry) {
  if (!entry.baseline.empty()) {
    check(find(entry.baseline).entry.unit == entry.unit, "a case is compared with one of the same unit");
  }
  cases_.push_back({std::move(entry), {}});
}

int Harness::run() {
  const int rounds = smoke_ ? 1 : rounds_full;
  for (int round = 0; round < rounds; ++round) {
    for (Measured& measured : cases_) {
      if (!run_once(measured)) {
        return 1;
      }
    }
  }
  print();
  return 0;
}

bool Harness::run_once(Measured& measured) const {
  const Case& entry = measured.entry;
  call(entry.prepare);
  const double start = processor_seconds();
  const std::size_t done = entry.run();
  const double seconds = processor_seconds() - start;
  call(entry.clean_up);
  if (done != entry.units) {
    std::fprintf(stderr, "%s: did %zu of %zu units\n", entry.name.c_str(), done, entry.units);
    return false;
  }
  measured.seconds.push_back(seconds / static_cast<double>(entry.units));
  return true;
}

// The ratio is the median of the rounds' ratios.
void Harness::print() const {
  std::printf("%-44s %-8s %10s %10s %12s %7s\n", "case", "unit", "min us", "median us", "units/CPU s", "ratio");
  for (const auto& [entry, seconds] : cases_) {
    const double least = *std::min_element(seconds.begin(), seconds.end());
    const double median = median_of(seconds);
    std::printf("%-44s %-8s %10.3f %10.3f %12.0f", entry.name.c_str(), entry.unit.c_str(), least * 1e6, median * 1e6,
                1 / std::max(median, 1e-12));
    if (!entry.baseline.empty()) {
      const std::vector<double>& baseline = find(entry.baseline).seconds;
      std::vector<double> ratios;
      for (std::size_t round = 0; round < seconds.size(); ++round) {
        ratios.push_back(seconds[round] / std::max(baseline[round], 1e-12));
      }
      std::printf(" %6.2fx of: %s", median_of(std::move(ratios)), entry.baseline.c_str());
    }
    std::printf("\n");
  }
}

const Harness::Measured& Harness::find(const std::string& name) const {
  const auto found =
      std::find_if(cases_.begin(), cases_.end(), [&](const Measured& measured) { return measured.entry.name == name; });
  check(found != cases_.end(), "a baseline is a case that was added before");
  return *found;
}

}  // namespace elit::bench
