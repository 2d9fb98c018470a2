#include "daemon/commands/rehearse.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <ostream>
#include <utility>

#include "config/loader.hpp"
#include "daemon/commands/backlog_chart.hpp"
#include "daemon/commands/rehearse_arguments.hpp"
#include "daemon/commands/rehearse_text.hpp"
#include "daemon/rehearsal/rehearsal.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

constexpr const char* clear_line = "\r\033[K";

int add_problem(const std::string& what, std::ostream& err) {
  err << "elitbuzz-sync: rehearse: " << what << "\nTry: elitbuzz-sync rehearse --help\n";
  return exit_usage;
}

}  // namespace

int rehearse(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  ParsedRehearseArguments parsed = parse_rehearse_arguments(words);
  const RehearseArguments& arguments = parsed.arguments;
  if (!parsed.error.empty()) {
    return add_problem(parsed.error, err);
  }
  config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  RehearsalOptions options;
  options.faults = schedule_faults(arguments.faults, *loaded.options, std::chrono::hours{24} * arguments.days);
  if (!options.faults.error.empty()) {
    return add_problem(options.faults.error, err);
  }
  options.options = *std::move(loaded.options);
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

}  // namespace elit::daemon
