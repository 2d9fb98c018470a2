#include "daemon/commands/simulator.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "core/simulator/simulator.hpp"
#include "daemon/commands/simulator_arguments.hpp"
#include "daemon/commands/simulator_server.hpp"

namespace elit::daemon {
namespace {

constexpr int exit_usage = 64;

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
    options.account.api_key = simulator_api_key_default;
  }
  if (options.crm_authorization.empty()) {
    options.crm_authorization = from_environment("ELITBUZZ_SIMULATOR_CRM_AUTHORIZATION");
  }
}

void announce(const SimulatorArguments& arguments, std::uint16_t bound, std::ostream& out) {
  const std::string port = std::to_string(bound);
  const std::string url = "http://127.0.0.1:" + port;
  if (arguments.json) {
    out << R"({"port":)" << port << R"(,"url":")" << url << "\"}\n";
  } else {
    out << "listening on " << url << '\n';
  }
  out.flush();
}

int serve_until_signalled(SimulatorArguments arguments, std::ostream& out, std::ostream& err) {
  complete(arguments.options);
  simulator::Simulator simulated(arguments.options);
  boost::asio::io_context context(1);
  // Block signals first: a reader of the announcement may send one at once.
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
  return 0;
}

}  // namespace

int run_simulator(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  std::string mistake;
  std::optional<SimulatorArguments> parsed = parse_simulator_arguments(arguments, mistake);
  if (!parsed) {
    err << "elitbuzz-sync simulator: " << mistake << '\n';
    return exit_usage;
  }
  if (parsed->help) {
    out << simulator_help();
    return 0;
  }
  return serve_until_signalled(*std::move(parsed), out, err);
}

}  // namespace elit::daemon
