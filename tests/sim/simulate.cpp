// Runs plans of the simulation from the command line: one seed, or as many seeds as fit into a time.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/sim/oracle.hpp"
#include "tests/sim/scenarios.hpp"

namespace {

using namespace elit;

struct Arguments {
  std::uint64_t seed = 1;
  int days = 5;
  std::uint64_t runs = 1;
  std::chrono::seconds limit{0};
  bool aloud = false;
  std::string log;
  std::string scenario;
};

constexpr const char* usage =
    "simulate [--seed N] [--days D] [--runs N] [--seconds S] [--scenario NAME] [--aloud] [--log FILE]\n"
    "  --runs N      N seeds in a row, from --seed on; two runs of one seed give the same trace\n"
    "  --seconds S   as many seeds as fit into that time\n"
    "  --scenario    one of tests/sim/scenarios.cpp instead of a seed\n"
    "  --aloud       tells what happens; --log FILE: with the daemon's log\n";

bool read(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--aloud") {
      arguments.aloud = true;
      continue;
    }
    if (i + 1 == argc) {
      return false;
    }
    const char* value = argv[++i];
    if (name == "--seed") {
      arguments.seed = std::strtoull(value, nullptr, 10);
    } else if (name == "--days") {
      arguments.days = std::max(1, std::atoi(value));
    } else if (name == "--runs") {
      arguments.runs = std::strtoull(value, nullptr, 10);
    } else if (name == "--seconds") {
      arguments.limit = std::chrono::seconds{std::atoi(value)};
    } else if (name == "--scenario") {
      arguments.scenario = value;
    } else if (name == "--log") {
      arguments.log = value;
    } else {
      return false;
    }
  }
  return true;
}

sim::Plan plan_of(const Arguments& arguments, std::uint64_t seed) {
  for (const sim::Scenario& scenario : sim::scenarios()) {
    if (scenario.name == arguments.scenario) {
      return scenario.plan();
    }
  }
  return sim::make_plan(seed, arguments.days);
}

void report(std::uint64_t seed, const sim::Plan& plan, const sim::Summary& summary) {
  std::cout << "seed " << seed << ": trace " << std::hex << summary.trace << std::dec << ", "
            << summary.simulated / std::chrono::hours{24} << " days, " << summary.messages << " messages, "
            << summary.api_requests << " + " << summary.crm_requests << " requests, " << summary.crm_repeats
            << " repeats, " << summary.starts << " starts, " << plan.incidents.size()
            << " incidents, freshness at worst " << summary.freshness_worst.count() / 1000 << " s, "
            << summary.waits_judged << " waits that status had to name\n";
  for (const std::string& trait : plan.traits) {
    std::cout << "  " << trait << '\n';
  }
  for (const std::string& line : summary.broken) {
    std::cout << "  BROKEN: " << line << '\n';
  }
  std::cout << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!read(argc, argv, arguments)) {
    std::cerr << usage;
    return 64;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto within = [&] { return std::chrono::steady_clock::now() - begin < arguments.limit; };
  const std::clock_t cpu = std::clock();
  Milliseconds simulated{0};
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  for (; arguments.limit.count() > 0 ? within() : runs < arguments.runs; ++runs) {
    const std::uint64_t seed = arguments.seed + runs;
    const sim::Plan plan = plan_of(arguments, seed);
    const sim::Summary summary = arguments.aloud ? sim::perform_aloud(plan, arguments.log) : sim::perform(plan);
    simulated += summary.simulated;
    failed += summary.broken.empty() ? 0U : 1U;
    if (arguments.aloud || runs < 3 || !summary.broken.empty()) {
      report(seed, plan, summary);
    }
    if (!summary.broken.empty() && !arguments.aloud) {
      std::cout << "  ./dev simulate --seed " << seed << " --days " << arguments.days << " --aloud\n";
    }
  }
  const double seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::cout << runs << " seeds, " << simulated / std::chrono::hours{24} << " days in " << seconds << " s of CPU, "
            << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
