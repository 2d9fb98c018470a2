#include "daemon/commands/sync.hpp"

#include <boost/json.hpp>
#include <boost/system/system_error.hpp>
#include <iostream>
#include <system_error>

#include "daemon/loaded_configuration.hpp"
#include "daemon/service.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

using Ledgers = std::vector<std::pair<std::string, storage::Ledger>>;
using Lines = std::vector<std::string>;

// What the ledger itself shows to be undone.
Lines undone_by(const Ledgers& ledgers) {
  Lines lines;
  for (const auto& [source, ledger] : ledgers) {
    for (const storage::SinkTotals& sink : ledger.sinks) {
      const std::string place = "sink " + sink.sink + ": of source " + source + " ";
      if (sink.dead > 0) {
        lines.push_back(place + std::to_string(sink.dead) + " messages are dead");
      }
      if (sink.pending > 0) {
        lines.push_back(place + std::to_string(sink.pending) + " messages are pending");
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

int pass(const SyncArguments& arguments, const Options& options, Log& log, std::ostream& out, std::ostream& err) {
  Service service(arguments.config, options, log);
  Lines problems = service.run_once();
  const Ledgers ledgers = service.ledgers();
  for (std::string& line : undone_by(ledgers)) {
    problems.push_back(std::move(line));
  }
  if (arguments.json) {
    print_json(out, ledgers, problems);
  } else {
    print_text(out, ledgers);
  }
  for (const std::string& problem : problems) {
    err << "elitbuzz-sync: " << problem << '\n';
  }
  log.write(Event::sync_finished,
            problems.empty() ? "one pass is complete" : "one pass is over and something is left to do",
            {{"complete", problems.empty()}});
  return problems.empty() ? exit_done : exit_incomplete;
}

}  // namespace

int sync(const SyncArguments& arguments, std::ostream& out, std::ostream& err) {
  block_signals(false);
  LoadedConfiguration loaded = load_configuration(arguments.config);
  if (!loaded.options) {
    err << loaded.complaint;
    return loaded.exit_status;
  }
  const Options options = std::move(*loaded.options);
  try {
    Log log(options.log);
    try {
      return pass(arguments, options, log, out, err);
    } catch (const storage::StorageError& error) {
      if (error.kind() != storage::StorageError::Kind::in_use) {
        log.write(Event::storage_failed, error.what());
      }
      throw;
    }
  } catch (const storage::StorageError&) {
    throw;
  } catch (const boost::system::system_error&) {
    throw;
  } catch (const std::system_error& error) {
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_storage;
  } catch (const std::runtime_error& error) {
    err << "elitbuzz-sync: " << error.what() << '\n';
    return exit_configuration;
  }
}

}  // namespace elit::daemon
