#include "daemon/commands/status.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include "config/loader.hpp"
#include "core/status/health.hpp"
#include "daemon/commands/status_report.hpp"
#include "daemon/system/exit_status.hpp"
#include "storage/state_directory.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

constexpr Milliseconds watch_interval{2'000};

struct StatusArguments {
  std::filesystem::path config;
  bool json = false;
  bool watch = false;
  bool without_daemon = false;
};

StatusReport look(const Options& options, bool without_daemon) {
  const std::filesystem::path directory = options.state_directory;
  StatusReport report;
  report.status = storage::read_status(directory);
  // A source that is no longer configured keeps its place in the state, but there is nothing to be said of it.
  std::erase_if(report.status.sources, [&options](const SourceStatus& source) {
    return std::none_of(options.sources.begin(), options.sources.end(),
                        [&source](const SourceOptions& configured) { return configured.name == source.name; });
  });
  report.at = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  report.running = storage::is_in_use(directory);
  report.problems = problems_of(report.status, options, report.at);
  if (!report.running && !without_daemon) {
    report.problems.insert(report.problems.begin(),
                           "the daemon does not run: start it, or ask with --no-daemon where `sync` does the work");
  }
  return report;
}

int status(const StatusArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  const std::filesystem::path directory = loaded.options->state_directory;
  std::error_code error;
  if (!std::filesystem::exists(directory / "elitbuzz-sync.db", error) && !error) {
    err << "elitbuzz-sync: no state in " << directory.string() << " yet: start `elitbuzz-sync run` or `sync` first\n";
    return exit_incomplete;
  }
  for (;;) {
    const StatusReport report = look(*loaded.options, arguments.without_daemon);
    if (arguments.json) {
      out << to_json(report, loaded.options->log.reveal_user_ids) << std::endl;
    } else {
      const char* redraw = arguments.watch && ::isatty(STDOUT_FILENO) != 0 ? "\033[H\033[J" : "";
      out << redraw << to_text(report) << std::flush;
    }
    if (!arguments.watch || !out) {
      return report.problems.empty() ? exit_done : exit_incomplete;
    }
    std::this_thread::sleep_for(watch_interval);
  }
}

}  // namespace

Verb status_verb() {
  return {
      "status", "what is going on, per source and per CRM",
      "A health check. Exit status 0: the daemon runs (--no-daemon leaves that out), nobody is staler than\n"
      "poll.max_staleness, every audience matches somebody, and nothing is throttled for minutes, late, drifting, dead,\n"
      "parked, paused or pending too long. Exit status 1: something is; a line that begins with `!` says what.",
      [](VerbOptions& options) -> VerbAction {
        auto arguments = std::make_shared<StatusArguments>();
        options.configuration(arguments->config);
        options.flag("--json", arguments->json, "one JSON document on stdout");
        options.flag("--no-daemon", arguments->without_daemon, "it is well that no daemon runs");
        options.flag("--watch", arguments->watch, "shows it again every 2 seconds, until it is interrupted");
        return [arguments](std::ostream& out, std::ostream& err) { return status(*arguments, out, err); };
      }};
}

}  // namespace elit::daemon
