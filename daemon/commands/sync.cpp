#include "daemon/commands/sync.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <memory>
#include <optional>
#include <ostream>

#include "core/text/wording.hpp"
#include "daemon/commands/logged_work.hpp"
#include "daemon/commands/progress_bar.hpp"
#include "daemon/service.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

struct SyncArguments {
  std::filesystem::path config;
  bool json = false;
  bool fetch_only = false;
};

using Ledgers = std::vector<std::pair<std::string, storage::Ledger>>;
using Lines = std::vector<std::string>;

// The dead and pending messages of the ledgers, a line each.
Lines undone_by(const Ledgers& ledgers) {
  Lines lines;
  for (const auto& [source, ledger] : ledgers) {
    for (const storage::SinkTotals& sink : ledger.sinks) {
      const std::string place = "sink " + sink.sink + ", source " + source + ": ";
      if (sink.dead > 0) {
        lines.push_back(place + counted(sink.dead, "message is", "messages are") + " dead");
      }
      if (sink.pending > 0) {
        lines.push_back(place + counted(sink.pending, "message is", "messages are") + " pending");
      }
    }
  }
  return lines;
}

boost::json::object ledger_json(const std::string& source, const storage::Ledger& ledger) {
  boost::json::object sinks;
  for (const storage::SinkTotals& sink : ledger.sinks) {
    sinks[sink.sink] = boost::json::object{
        {"delivered", sink.delivered}, {"pending", sink.pending}, {"dead", sink.dead}, {"suppressed", sink.suppressed}};
  }
  return {{"name", source},
          {"fetched", ledger.fetched},
          {"new", ledger.added},
          {"duplicate", ledger.duplicates},
          {"rejected", ledger.rejected},
          {"sinks", std::move(sinks)}};
}

void print_json(std::ostream& out, const Ledgers& ledgers, const Lines& problems) {
  boost::json::array sources;
  for (const auto& [source, ledger] : ledgers) {
    sources.push_back(ledger_json(source, ledger));
  }
  const boost::json::object document{{"complete", problems.empty()},
                                     {"sources", std::move(sources)},
                                     {"problems", boost::json::array(problems.begin(), problems.end())}};
  out << boost::json::serialize(document) << '\n';
}

void print_text(std::ostream& out, const Ledgers& ledgers) {
  for (const auto& [source, ledger] : ledgers) {
    out << "source " << source << ": fetched " << ledger.fetched << " = new " << ledger.added << " + duplicate "
        << ledger.duplicates << " + rejected " << ledger.rejected << " since the start of the state\n";
    for (const storage::SinkTotals& sink : ledger.sinks) {
      out << "  sink " << sink.sink << ": delivered " << sink.delivered << ", pending " << sink.pending << ", dead "
          << sink.dead << ", suppressed " << sink.suppressed << '\n';
    }
  }
}

int pass(const SyncArguments& arguments, const Configuration& configuration, Log& log, std::ostream& out,
         std::ostream& err) {
  Service service(arguments.config, configuration, log);
  Service::Pass asked;
  asked.deliver = !arguments.fetch_only;
  std::optional<ProgressBar> bar;
  if (!arguments.json && ::isatty(STDERR_FILENO) != 0 && !configuration.options.log.file.empty()) {
    bar.emplace(err);
    asked.show_progress = [&bar](const Engine::Progress& progress) { bar->show(progress); };
  }
  Lines problems = service.run_once(asked);
  bar.reset();
  const Ledgers ledgers = service.ledgers();
  if (!arguments.fetch_only) {
    for (std::string& line : undone_by(ledgers)) {
      problems.push_back(std::move(line));
    }
  }
  if (arguments.json) {
    print_json(out, ledgers, problems);
  } else {
    print_text(out, ledgers);
  }
  for (const std::string& problem : problems) {
    err << "elitbuzz-sync: " << problem << '\n';
  }
  for (const std::string& warning : service.warnings()) {
    err << "elitbuzz-sync: warning: " << warning << '\n';
  }
  log.write(Event::sync_finished,
            problems.empty() ? "one pass is complete" : "one pass is over and something is left to do",
            {{"complete", problems.empty()}});
  return problems.empty() ? exit_done : exit_incomplete;
}

int sync(const SyncArguments& arguments, std::ostream& out, std::ostream& err) {
  block_signals(false);
  return do_logged(arguments.config, err, [&](const Configuration& configuration, Log& log) {
    return pass(arguments, configuration, log, out, err);
  });
}

}  // namespace

Verb sync_verb() {
  return {"sync", "one pass: list the users, bring each up to now, deliver what is due",
          "Exit status 1 says that something is undelivered, dead, parked or paused; stderr says what.",
          [](VerbOptions& options) -> VerbAction {
            auto arguments = std::make_shared<SyncArguments>();
            options.configuration(arguments->config);
            options.flag("--no-deliver", arguments->fetch_only,
                         "fetches only; the messages stay pending for all sinks");
            options.flag("--json", arguments->json, "one JSON document on stdout");
            return [arguments](std::ostream& out, std::ostream& err) { return sync(*arguments, out, err); };
          }};
}

}  // namespace elit::daemon
