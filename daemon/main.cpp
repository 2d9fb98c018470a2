#include <sys/stat.h>

#include <boost/system/system_error.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "daemon/commands/command_line.hpp"
#include "daemon/commands/config.hpp"
#include "daemon/commands/deliver.hpp"
#include "daemon/commands/rehearse.hpp"
#include "daemon/commands/rehearse_arguments.hpp"
#include "daemon/commands/run.hpp"
#include "daemon/commands/simulator.hpp"
#include "daemon/commands/status.hpp"
#include "daemon/commands/sync.hpp"
#include "daemon/commands/validate.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

using Words = std::vector<std::string>;

struct Verb {
  std::string_view synopsis;
  std::string_view summary;
  std::string help;  // what --help says beyond the summary
  std::function<int(const Words&)> run;
};

int add_problem(const std::string& what, const std::string& verb) {
  std::cerr << "elitbuzz-sync: " << what << "\nTry: elitbuzz-sync " << verb << (verb.empty() ? "" : " ") << "--help\n";
  return exit_usage;
}

// Makes a verb on a configuration: its arguments are read and checked first.
std::function<int(const Words&)> on_configuration(std::string name, Words allowed,
                                                  std::function<int(const CommandLine&)> act) {
  return [name = std::move(name), allowed = std::move(allowed), act = std::move(act)](const Words& words) {
    const ParsedCommandLine parsed = parse_command_line(words, allowed, 0);
    return parsed.error.empty() ? act(parsed.arguments) : add_problem(name + ": " + parsed.error, name);
  };
}

int config_verb(const Words& words) {
  const ParsedCommandLine parsed = parse_command_line(words, {"json"}, 1);
  if (!parsed.error.empty()) {
    return add_problem("config: " + parsed.error, "config");
  }
  const std::string what = parsed.arguments.rest.empty() ? "" : parsed.arguments.rest.front();
  if (what == "schema") {
    return config_schema(std::cout);
  }
  if (what == "example") {
    return config_example(std::cout);
  }
  if (what == "reference") {
    return config_reference(std::cout);
  }
  if (what == "presets") {
    return config_presets(std::cout);
  }
  if (what == "show") {
    return config_show({.config = parsed.arguments.config, .json = parsed.arguments.json}, std::cout, std::cerr);
  }
  return add_problem("config: say what to print: schema, show, example, reference or presets", "config");
}

const std::map<std::string, Verb>& verbs() {
  static const std::map<std::string, Verb> table{
      {"run",
       {"run [--config FILE]", "the daemon, in the foreground; systemd starts it",
        "Runs until SIGTERM. SIGHUP reads configuration and secrets again and reopens the log.",
        on_configuration("run", {}, [](const CommandLine& line) { return run(line.config, std::cerr); })}},
      {"sync",
       {"sync [--config FILE] [--json]", "one pass: list the users, bring each up to now, deliver what is due",
        "Exit status 1 says that something is undelivered, dead, parked or paused; stderr says what.",
        on_configuration("sync", {"json"},
                         [](const CommandLine& line) {
                           return sync({line.config, line.json}, std::cout, std::cerr);
                         })}},
      {"validate",
       {"validate [--config FILE] [--json]", "checks the configuration alone and touches no network",
        "Prints every mistake at once as file:line:column: key: what is wrong.",
        on_configuration("validate", {"json"},
                         [](const CommandLine& line) {
                           return validate({.config = line.config, .json = line.json}, std::cout, std::cerr);
                         })}},
      {"status",
       {"status [--config FILE] [--json] [--watch]", "what is going on, per source and per CRM",
        "Exit status 0 when all is balanced and healthy, 1 when something is pending too long, dead, parked or paused.",
        on_configuration("status", {"json", "watch"},
                         [](const CommandLine& line) {
                           return status({line.config, line.json, line.watch}, std::cout, std::cerr);
                         })}},
      {"config",
       {"config schema|show|example|reference|presets [--config FILE] [--json]",
        "the configuration's JSON Schema, the values in force, an example, the CRMs it knows", "", config_verb}},
      {"deliver",
       {"deliver --render --sink NAME [--last N] [--ignore-state] [--config FILE] [--json]",
        "prints the requests that would be sent to a sink, sends nothing", deliver_help(),
        on_configuration("deliver", {"render", "sink", "last", "ignore-state", "json"},
                         [](const CommandLine& line) {
                           DeliverArguments arguments;
                           arguments.config = line.config;
                           arguments.sink = line.sink;
                           arguments.last = line.last.value_or(arguments.last);
                           arguments.render = line.render;
                           arguments.ignore_state = line.ignore_state;
                           arguments.json = line.json;
                           return deliver(arguments, std::cout, std::cerr);
                         })}},
      {"rehearse",
       {"rehearse [--config FILE] [--days N] [--fault TEXT]... [--users N] [--messages N] [--seed N] [--json]",
        "days of your configuration in seconds, on made-up data, with the faults you name", rehearse_help(),
        [](const Words& words) { return rehearse(words, std::cout, std::cerr); }}},
      {"simulator",
       {"simulator [--port N] [--seed N] ...", "a local Elitbuzz API and CRM for trying the program without an account",
        "", [](const Words& words) { return run_simulator(words, std::cout, std::cerr); }}},
  };
  return table;
}

void print_help() {
  std::cout << "elitbuzz-sync " ELITBUZZ_SYNC_VERSION
               ": keeps the conversations of an Elitbuzz bot in a database and in CRMs\n\n"
               "  elitbuzz-sync VERB [--config FILE] [options]\n\n";
  for (const auto& [name, verb] : verbs()) {
    std::cout << "  " << name << std::string(12 - name.size(), ' ') << verb.summary << '\n';
  }
  std::cout << "\n--config FILE   the configuration; default /etc/elitbuzz-sync/elitbuzz-sync.yaml\n"
               "--json          one JSON document on stdout\n"
               "--help          this, or more of a verb; --version the version\n\n"
               "Exit status: 0 done; 1 something is undelivered, dead, parked or paused; 64 usage; 70 a bug of ours;\n"
               "71 no memory or descriptors left; 74 storage failed; 75 the state directory is in use; 77 permission; "
               "78 configuration.\n";
}

bool asks_for_help(const Words& words) {
  for (const std::string& word : words) {
    if (word == "--help" || word == "-h") {
      return true;
    }
  }
  return false;
}

int run_verb(const std::string& name, const Words& words) {
  const auto place = verbs().find(name);
  if (place == verbs().end()) {
    return add_problem("unknown verb " + name, "");
  }
  const Verb& verb = place->second;
  if (asks_for_help(words) && name != "simulator") {
    std::cout << "elitbuzz-sync " << verb.synopsis << "\n\n" << verb.summary << '\n';
    if (!verb.help.empty()) {
      std::cout << verb.help << '\n';
    }
    return exit_done;
  }
  return verb.run(words);
}

int start(const Words& words) {
  if (words.empty()) {
    return add_problem("say what to do: elitbuzz-sync VERB", "");
  }
  if (words.front() == "--help" || words.front() == "-h" || words.front() == "help") {
    print_help();
    return exit_done;
  }
  if (words.front() == "--version" || words.front() == "-V") {
    std::cout << "elitbuzz-sync " ELITBUZZ_SYNC_VERSION "\n";
    return exit_done;
  }
  return run_verb(words.front(), Words(words.begin() + 1, words.end()));
}

// Says what the exception under way means for people; returns the exit status.
int tell_failure() {
  try {
    throw;
  } catch (const storage::StorageError& error) {
    std::cerr << "elitbuzz-sync: " << error.what() << '\n';
    return exit_status_of(error);
  } catch (const std::bad_alloc&) {
    std::cerr << "elitbuzz-sync: out of memory; the state is safe, the next start goes on\n";
    return exit_resources;
  } catch (const boost::system::system_error& error) {
    std::cerr << "elitbuzz-sync: the system refuses: " << error.what()
              << "; the state is safe, the next start goes on\n";
    return exit_resources;
  } catch (const std::exception& error) {
    std::cerr << "elitbuzz-sync: bug: " << error.what() << "; the state is safe, please report this line\n";
    return exit_bug;
  }
}

// For what nobody can catch: what a thread met that cannot hand it on, for lack of memory above all.
[[noreturn]] void end_with_last_words() {
  if (std::current_exception()) {
    std::_Exit(tell_failure());
  }
  std::cerr << "elitbuzz-sync: bug: terminated; the state is safe, please report this line\n";
  std::_Exit(exit_bug);
}

}  // namespace
}  // namespace elit::daemon

int main(int argc, char** argv) {
  using namespace elit::daemon;
  umask(077);
  std::signal(SIGPIPE, SIG_IGN);
  std::set_terminate(end_with_last_words);
  try {
    return start({argv + 1, argv + argc});
  } catch (...) {
    return tell_failure();
  }
}
