#include "daemon/commands/simulator.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "core/simulator/setting.hpp"
#include "core/simulator/simulator.hpp"
#include "daemon/commands/simulator_server.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

// The accepted key when none is given. It is valid only for this simulator.
constexpr const char* api_key_default = "00000000-0000-4000-8000-000000000000-sample7";

struct Arguments {
  simulator::SimulatorOptions options;  // `start` and secrets that were not given are left empty
  std::uint16_t port = 0;               // 0: any free port
  bool json = false;
  std::filesystem::path config;  // not used
};

ServerFault server_fault(simulator::WireFault fault) {
  switch (fault) {
    case simulator::WireFault::close_before_answer:
      return ServerFault::close_before_answer;
    case simulator::WireFault::close_mid_body:
      return ServerFault::close_mid_body;
    case simulator::WireFault::hang:
      return ServerFault::hang;
    case simulator::WireFault::garbage:
      return ServerFault::garbage;
    case simulator::WireFault::drip:
      return ServerFault::drip;
    case simulator::WireFault::none:
      break;
  }
  return ServerFault::none;
}

ServerReply serve(simulator::Simulator& simulated, const ServerRequest& request) {
  HttpRequest asked;
  asked.method = request.method;
  asked.target = request.target;
  asked.headers = request.headers;
  asked.body = request.body;
  simulator::Reply reply = simulated.answer(asked, request.received);
  ServerReply given;
  given.answer = std::move(reply.answer);
  given.delay = reply.delay;
  given.fault = server_fault(reply.fault);
  return given;
}

// The value of an environment variable; empty when it is not set.
std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void complete(simulator::SimulatorOptions& options) {
  options.world.start = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  if (options.account.api_key.empty()) {
    options.account.api_key = from_environment("ELITBUZZ_SIMULATOR_API_KEY");
  }
  if (options.account.api_key.empty()) {
    options.account.api_key = api_key_default;
  }
  if (options.crm_authorization.empty()) {
    options.crm_authorization = from_environment("ELITBUZZ_SIMULATOR_CRM_AUTHORIZATION");
  }
}

void announce(const Arguments& arguments, std::uint16_t bound, std::ostream& out) {
  const std::string port = std::to_string(bound);
  const std::string url = "http://127.0.0.1:" + port;
  if (arguments.json) {
    out << R"({"port":)" << port << R"(,"url":")" << url << "\"}\n";
  } else {
    out << "listening on " << url << '\n';
  }
  out.flush();
}

int serve_until_signalled(Arguments arguments, std::ostream& out, std::ostream& err) {
  complete(arguments.options);
  simulator::Simulator simulated(arguments.options);
  boost::asio::io_context context(1);
  // Signals are handled first: a reader of the announcement may send one at once.
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  std::optional<Server> server;
  try {
    server.emplace(context.get_executor(), "127.0.0.1", arguments.port,
                   [&simulated](const ServerRequest& request) { return serve(simulated, request); });
  } catch (const std::runtime_error& error) {
    err << "elitbuzz-sync simulator: " << error.what() << "; choose another --port, or 0 for any free one\n";
    return exit_usage;
  }
  signals.async_wait([&server](const boost::system::error_code&, int) { server->stop(); });
  announce(arguments, server->port(), out);
  context.run();
  return exit_done;
}

template <class T>
void settings(VerbOptions& options, const std::string& name, const std::vector<simulator::Setting<T>>& table, T& target,
              const std::string& meaning) {
  options.each(
      name, "KEY=VALUE",
      [&table, &target](const std::string& text) -> std::string {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
          return "use KEY=VALUE; --help lists the keys";
        }
        return simulator::apply(table, target, text.substr(0, equals), text.substr(equals + 1)).value_or("");
      },
      meaning);
}

// Reads VENDOR.KEY=VALUE. Returns what is wrong with it; empty: nothing.
std::string set_vendor_fault(const std::string& text, simulator::SimulatorOptions& options) {
  const std::size_t dot = text.find('.');
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || dot > equals) {
    return "use VENDOR.KEY=VALUE; --help lists the keys";
  }
  const std::string vendor = text.substr(0, dot);
  if ((", " + simulator::crm_names() + ",").find(" " + vendor + ",") == std::string::npos) {
    return fmt::format("\"{}\" is not known; known are {}", vendor, simulator::crm_names());
  }
  return simulator::apply(simulator::simulated_crm_fault_settings(), options.vendor_faults[vendor],
                          text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1))
      .value_or("");
}

void declare_world(VerbOptions& options, simulator::WorldOptions& world) {
  constexpr Milliseconds second{1000};
  constexpr Milliseconds day = std::chrono::hours{24};
  options.whole_number("--seed", 0, INT64_MAX, world.seed, "the seed of all random numbers");
  options.whole_number("--users", 0, 1'000'000, world.users, "how many users there are");
  options.time(
      "--days", "D", day, 0, 3650, [&world](Milliseconds time) { world.history = time; }, "days of history (7)");
  options.number("--messages-per-day", "N", 0, 100'000, world.messages_per_user_day,
                 "messages of one user on a day of the history");
  options.number("--arrivals", "PER_MINUTE", 0, 1'000'000, world.arrivals_per_minute,
                 "new messages of all users together");
  options.time(
      "--stop-arrivals-after", "SECONDS", second, 0, 1e9,
      [&world](Milliseconds time) { world.arrivals_stop_after = time; }, "no new messages after that (never)");
  options.number("--late", "SHARE", 0, 1, world.late_share,
                 "share of new messages that become visible later than they are dated");
  options.time(
      "--late-max", "SECONDS", second, 0.001, 1e7, [&world](Milliseconds time) { world.late_max = time; },
      "their largest delay in seconds (60)");
  options.whole_number("--burst", 0, 1'000'000, world.burst, "messages of the first user in one millisecond");
  options.flag("--odd", world.odd_content, "ill-formed texts, responses of every JSON kind, huge texts, odd ids");
}

void declare_peers(VerbOptions& options, simulator::SimulatorOptions& target) {
  options.text("--api-key", "KEY", target.account.api_key,
               "the raw key that is accepted; ELITBUZZ_SIMULATOR_API_KEY is safer");
  options.text("--customer-id", "ID", target.account.customer_id, "the id of the simulated account");
  options.text("--bot-key", "KEY", target.account.bot_key, "the key of the simulated bot");
  options.text("--crm-authorization", "VALUE", target.crm_authorization,
               "the header that the CRM requires (none); ELITBUZZ_SIMULATOR_CRM_AUTHORIZATION is safer");
  settings(options, "--dialect", simulator::dialect_settings(), target.dialect, "the dialect of the API, see below");
  settings(options, "--fault", simulator::api_fault_settings(), target.faults, "faults of the API, see below");
  settings(options, "--crm-fault", simulator::crm_fault_settings(), target.crm_faults, "faults of the CRM, see below");
  options.each(
      "--vendor-fault", "VENDOR.KEY=VALUE",
      [&target](const std::string& text) { return set_vendor_fault(text, target); },
      "faults of a simulated CRM by its name, see below");
}

VerbAction declare(VerbOptions& options) {
  auto arguments = std::make_shared<Arguments>();
  options.whole_number("--port", 0, 65'535, arguments->port, "the port on 127.0.0.1; 0: any free port");
  declare_world(options, arguments->options.world);
  declare_peers(options, arguments->options);
  options.configuration(arguments->config);
  options.flag("--json", arguments->json, R"(the line on stdout is {"port": ..., "url": ...})");
  return [arguments](std::ostream& out, std::ostream& err) { return serve_until_signalled(*arguments, out, err); };
}

template <class T>
std::string table_text(const std::string& option, const std::vector<simulator::Setting<T>>& table) {
  const T defaults;
  std::string text = "\n" + option + "KEY=VALUE:\n";
  for (const simulator::Setting<T>& row : table) {
    const std::string standard = row.show(defaults);
    text += fmt::format("  {:<22} {}{}\n  {:<22} {}\n", row.key, row.meaning,
                        standard.empty() ? "" : " (" + standard + ")", "", row.values);
  }
  return text;
}

std::string help() {
  return fmt::format(
             "Serves a local Elitbuzz API and a CRM (at /crm/conversations) with simulated users whose conversations "
             "go\n"
             "on, for trying the program without an account. It prints its address and runs until SIGTERM or SIGINT.\n"
             "GET /simulator/ledger compares what was written with what the CRM received; POST /simulator/faults,\n"
             "/simulator/crm and /simulator/dialect change the settings below while it runs, as {{\"key\": value, "
             "...}}.\n\n"
             "It also serves CRMs of vendors ({}), each at /crm/VENDOR.\n"
             "GET /simulator/VENDOR/records shows the records of one, GET /simulator/VENDOR/counts its requests;\n"
             "POST /simulator/VENDOR changes its faults. Their client is \"{}\" with the secret\n"
             "\"{}\" and the refresh token \"{}\". HubSpot's static token, and the\n"
             "password of the user \"{}\" of Odoo's database \"{}\", is\n\"{}\".\n\n"
             "Without --api-key, \"{}\" is accepted.\n"
             "Shares are of all requests, from 0 to 1.\n",
             simulator::crm_names(), simulator::vendor_client_id, simulator::vendor_client_secret,
             simulator::vendor_refresh_token, simulator::vendor_login, simulator::vendor_database,
             simulator::vendor_api_key, api_key_default) +
         table_text("--dialect ", simulator::dialect_settings()) +
         table_text("--fault ", simulator::api_fault_settings()) +
         table_text("--crm-fault ", simulator::crm_fault_settings()) +
         table_text("--vendor-fault VENDOR.", simulator::simulated_crm_fault_settings());
}

}  // namespace

Verb simulator_verb() {
  return {"simulator", "a local Elitbuzz API and CRM for trying the program without an account", help(), declare};
}

}  // namespace elit::daemon
