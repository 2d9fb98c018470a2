#include "daemon/commands/status.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include "config/loader.hpp"
#include "core/status/health.hpp"
#include "core/text/wording.hpp"
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

// `whole`: the options have all sources.
StatusReport look(const Options& options, bool whole, bool without_daemon) {
  const std::filesystem::path directory = options.state_directory;
  StatusReport report;
  report.status = storage::read_status(directory);
  // A source that is no longer configured keeps its place in the state, but there is nothing to be said of it.
  std::erase_if(report.status.sources, [&options, whole](const SourceStatus& source) {
    return whole && std::none_of(options.sources.begin(), options.sources.end(),
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

std::string mistaken(std::size_t mistakes) {
  return "the configuration has " + counted(static_cast<std::int64_t>(mistakes), "mistake", "mistakes") +
         ": run `elitbuzz-sync validate`; a running daemon keeps the one it has, and a restart would fail";
}

int status(const StatusArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  config::print_mistakes(err, loaded.mistakes);
  // A mistake in the file must not hide what the daemon does: it goes on with the configuration that it has.
  if (!loaded.partly) {
    return exit_configuration;
  }
  const Options& options = *loaded.partly;
  const std::filesystem::path directory = options.state_directory;
  std::error_code error;
  if (!std::filesystem::exists(directory / "elitbuzz-sync.db", error) && !error) {
    err << "elitbuzz-sync: no state in " << directory.string() << " yet: start `elitbuzz-sync run` or `sync` first\n";
    return loaded.mistakes.empty() ? exit_incomplete : exit_configuration;
  }
  for (;;) {
    StatusReport report = look(options, loaded.mistakes.empty(), arguments.without_daemon);
    if (!loaded.mistakes.empty()) {
      report.problems.insert(report.problems.begin(), mistaken(loaded.mistakes.size()));
    }
    if (arguments.json) {
      out << to_json(report, options.log.reveal_user_ids) << std::endl;
    } else {
      const char* redraw = arguments.watch && ::isatty(STDOUT_FILENO) != 0 ? "\033[H\033[J" : "";
      out << redraw << to_text(report) << std::flush;
    }
    if (!arguments.watch || !out) {
      return !loaded.mistakes.empty() ? exit_configuration : report.problems.empty() ? exit_done : exit_incomplete;
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
