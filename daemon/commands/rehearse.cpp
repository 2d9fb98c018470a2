#include "daemon/commands/rehearse.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <utility>

#include "config/loader.hpp"
#include "daemon/commands/backlog_chart.hpp"
#include "daemon/commands/rehearse_text.hpp"
#include "daemon/rehearsal/fault_text.hpp"
#include "daemon/rehearsal/rehearsal.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

constexpr const char* clear_line = "\r\033[K";

struct Arguments {
  std::filesystem::path config;
  bool json = false;
  int days = 7;
  int users = 20;
  double messages_per_user_day = 12;
  std::uint64_t seed = 1;
  std::vector<RehearsedFault> faults;
};

int rehearse(const Arguments& arguments, std::ostream& out, std::ostream& err) {
  config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  RehearsalOptions options;
  options.faults = schedule_faults(arguments.faults, *loaded.options, std::chrono::hours{24} * arguments.days);
  if (!options.faults.error.empty()) {
    err << "elitbuzz-sync: rehearse: " << options.faults.error << "\nTry: elitbuzz-sync rehearse --help\n";
    return exit_usage;
  }
  options.options = *std::move(loaded.options);
  options.designs = std::move(loaded.designs);
  options.days = arguments.days;
  options.seed = arguments.seed;
  options.users = arguments.users;
  options.messages_per_user_day = arguments.messages_per_user_day;
  const bool progress = ::isatty(STDERR_FILENO) == 1;
  if (progress) {
    options.on_hour = [&](Milliseconds passed) {
      const Milliseconds all = std::chrono::hours{24} * options.days;
      err << fmt::format("{}simulated {} of {}", clear_line, length_text(passed), length_text(all)) << std::flush;
    };
  }
  const auto began = std::chrono::steady_clock::now();
  const RehearsalReport report = rehearse(options);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  err << (progress ? clear_line : "");
  if (arguments.json) {
    out << boost::json::serialize(rehearsal_json(options, report)) << std::endl;
  } else {
    out << rehearsal_text(options, report, locale_is_utf8()) << std::flush;
  }
  for (const std::string& line : report.imbalances) {
    err << line << '\n';
  }
  err << fmt::format("simulated {} in {:.1f} s\n", length_text(report.simulated), took.count());
  return report.balanced() ? exit_done : exit_incomplete;
}

// Adds the fault that the text describes. Returns what is wrong with the text; empty: nothing.
std::string add_fault(const std::string& text, std::vector<RehearsedFault>& faults) {
  ParsedFault parsed = parse_fault(text);
  if (parsed.fault) {
    faults.push_back(*std::move(parsed.fault));
  }
  return parsed.error;
}

VerbAction declare(VerbOptions& options) {
  auto arguments = std::make_shared<Arguments>();
  options.configuration(arguments->config);
  options.whole_number("--days", 1, 365, arguments->days, "days of operation, 1 to 365");
  options.each(
      "--fault", "TEXT",
      [arguments = arguments.get()](const std::string& text) { return add_fault(text, arguments->faults); },
      "a fault, see below");
  options.whole_number("--users", 1, 100'000, arguments->users, "simulated users of each source");
  options.number("--messages", "N", 0, 10'000, arguments->messages_per_user_day, "messages of one user on a day");
  options.whole_number("--seed", 0, INT64_MAX, arguments->seed, "the seed of all random numbers");
  options.flag("--json", arguments->json, "one JSON document on stdout");
  return [arguments](std::ostream& out, std::ostream& err) { return rehearse(*arguments, out, err); };
}

}  // namespace

Verb rehearse_verb() {
  return {"rehearse", "runs days of your configuration in seconds, on simulated data, with the faults you name",
          "Runs the program with your configuration in virtual time, with simulated peers and users, and reports\n"
          "what your CRM would have received. It uses no network, writes no file and reads no secret.\n"
          "The same arguments give the same result.\n\n"
          "Faults:\n" +
              known_faults() + "\nExit status 1 says that something is missing, duplicated or not delivered.",
          declare};
}

}  // namespace elit::daemon
