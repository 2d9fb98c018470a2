#include "daemon/commands/rehearse_arguments.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "core/simulator/request_target.hpp"
#include "core/simulator/setting.hpp"

namespace elit::daemon {
namespace {

constexpr int days_max = 365;
constexpr int users_max = 100'000;
constexpr double messages_max = 10'000;

// Reads a whole number from `least` to `most` into `target`. What is wrong, or nothing.
template <class Integer>
std::string read_number(const std::string& text, std::int64_t least, std::int64_t most, Integer& target) {
  const std::optional<std::int64_t> number = simulator::parse_integer(text);
  if (!number || *number < least || *number > most) {
    return fmt::format("write a whole number from {} to {}", least, most);
  }
  target = static_cast<Integer>(*number);
  return {};
}

std::string read_messages(const std::string& text, double& target) {
  const std::optional<double> number = simulator::parse_decimal(text);
  if (!number || *number < 0 || *number > messages_max) {
    return fmt::format("write a number from 0 to {:.0f}", messages_max);
  }
  target = *number;
  return {};
}

std::string read_fault(const std::string& text, std::vector<RehearsedFault>& faults) {
  ParsedFault parsed = parse_fault(text);
  if (parsed.fault) {
    faults.push_back(*std::move(parsed.fault));
  }
  return parsed.error;
}

bool takes_value(const std::string& name) {
  for (const char* known : {"--config", "--days", "--fault", "--seed", "--users", "--messages"}) {
    if (name == known) {
      return true;
    }
  }
  return false;
}

std::string set(const std::string& name, const std::string& value, RehearseArguments& arguments) {
  if (name == "--config") {
    arguments.config = value;
    return value.empty() ? "write the name of a file" : "";
  }
  if (name == "--days") {
    return read_number(value, 1, days_max, arguments.days);
  }
  if (name == "--users") {
    return read_number(value, 1, users_max, arguments.users);
  }
  if (name == "--seed") {
    return read_number(value, 0, INT64_MAX, arguments.seed);
  }
  return name == "--messages" ? read_messages(value, arguments.messages_per_user_day)
                              : read_fault(value, arguments.faults);
}

}  // namespace

ParsedRehearseArguments parse_rehearse_arguments(const std::vector<std::string>& words) {
  ParsedRehearseArguments parsed;
  for (std::size_t i = 0; i < words.size() && parsed.error.empty(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    const bool joined = equals != std::string::npos;
    if (words[i] == "--json") {
      parsed.arguments.json = true;
    } else if (!takes_value(name)) {
      parsed.error = fmt::format("unknown argument \"{}\"", words[i]);
    } else if (!joined && i + 1 == words.size()) {
      parsed.error = name + " needs a value";
    } else {
      const std::string wrong = set(name, joined ? words[i].substr(equals + 1) : words[++i], parsed.arguments);
      parsed.error = wrong.empty() ? "" : fmt::format("{}: {}", name, wrong);
    }
  }
  return parsed;
}

std::string rehearse_help() {
  const RehearseArguments defaults;
  return fmt::format(
             "Runs the program with your configuration in virtual time, among simulated peers and users, and tells\n"
             "what your CRM would have seen. No network is touched, no file is written, no secret is read.\n"
             "The same arguments give the same answer.\n\n"
             "  --days N        days of operation, 1 to {} ({})\n"
             "  --fault TEXT    what goes wrong; may be given several times\n"
             "  --users N       made-up users of each source ({})\n"
             "  --messages N    messages of a user on a day ({:.0f})\n"
             "  --seed N        all chance comes from it ({})\n\n"
             "Faults:\n",
             days_max, defaults.days, defaults.users, defaults.messages_per_user_day, defaults.seed) +
         known_faults() + "\nExit status 1 says that something is missing, there twice, or was not delivered.";
}

}  // namespace elit::daemon
