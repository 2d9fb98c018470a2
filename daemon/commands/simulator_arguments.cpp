#include "daemon/commands/simulator_arguments.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <utility>

#include "core/simulator/request_target.hpp"
#include "core/simulator/setting.hpp"

namespace elit::daemon {
namespace {

using simulator::Setting;

// One option of the command line. `set` returns what is wrong with a value, or nothing.
struct Option {
  std::string name;
  std::string value;  // its name in the help; empty: the option takes none
  std::string meaning;
  std::function<std::optional<std::string>(SimulatorArguments&, const std::string&)> set;
};

template <class Setter>
Option integer(std::string name, std::string meaning, std::int64_t least, std::int64_t most, Setter setter) {
  return {std::move(name), "N", std::move(meaning),
          [=](SimulatorArguments& arguments, const std::string& text) -> std::optional<std::string> {
            const std::optional<std::int64_t> number = simulator::parse_integer(text);
            if (!number || *number < least || *number > most) {
              return fmt::format("write a whole number from {} to {}", least, most);
            }
            setter(arguments, *number);
            return std::nullopt;
          }};
}

template <class Setter>
Option decimal(std::string name, std::string value, std::string meaning, double least, double most, Setter setter) {
  return {std::move(name), std::move(value), std::move(meaning),
          [=](SimulatorArguments& arguments, const std::string& text) -> std::optional<std::string> {
            const std::optional<double> number = simulator::parse_decimal(text);
            if (!number || *number < least || *number > most) {
              return fmt::format("write a number from {} to {}", least, most);
            }
            setter(arguments, *number);
            return std::nullopt;
          }};
}

template <class Setter>
Option words(std::string name, std::string value, std::string meaning, Setter setter) {
  return {std::move(name), std::move(value), std::move(meaning),
          [=](SimulatorArguments& arguments, const std::string& text) -> std::optional<std::string> {
            if (text.empty()) {
              return "it is empty";
            }
            setter(arguments, text);
            return std::nullopt;
          }};
}

template <class T>
Option settings(std::string name, std::string meaning, const std::vector<Setting<T>>& table,
                T simulator::SimulatorOptions::*member) {
  return {std::move(name), "KEY=VALUE", std::move(meaning),
          [&table, member](SimulatorArguments& arguments, const std::string& text) -> std::optional<std::string> {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos) {
              return "write KEY=VALUE; --help lists the keys";
            }
            return simulator::apply(table, arguments.options.*member, text.substr(0, equals), text.substr(equals + 1));
          }};
}

Option vendor_setting() {
  return {"--vendor-fault", "VENDOR.KEY=VALUE", "what goes wrong with the CRM of a vendor, see below",
          [](SimulatorArguments& arguments, const std::string& text) -> std::optional<std::string> {
            const std::size_t dot = text.find('.');
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos || dot > equals) {
              return "write VENDOR.KEY=VALUE; --help lists the keys";
            }
            const std::string vendor = text.substr(0, dot);
            if ((", " + simulator::crm_names() + ",").find(" " + vendor + ",") == std::string::npos) {
              return fmt::format("\"{}\" is not known; known are {}", vendor, simulator::crm_names());
            }
            return simulator::apply(simulator::simulated_crm_fault_settings(), arguments.options.vendor_faults[vendor],
                                    text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1));
          }};
}

template <class Setter>
Option bare(std::string name, std::string meaning, Setter setter) {
  return {std::move(name), "", std::move(meaning),
          [=](SimulatorArguments& arguments, const std::string&) -> std::optional<std::string> {
            setter(arguments);
            return std::nullopt;
          }};
}

Milliseconds milliseconds(double seconds) {
  return Milliseconds{std::llround(seconds * 1000)};
}

std::vector<Option> world_options() {
  using A = SimulatorArguments;
  return {
      integer("--seed", "everything is made from it (1)", 0, INT64_MAX,
              [](A& a, std::int64_t n) { a.options.world.seed = static_cast<std::uint64_t>(n); }),
      integer("--users", "how many users there are (20)", 0, 1'000'000,
              [](A& a, std::int64_t n) { a.options.world.users = static_cast<int>(n); }),
      decimal("--days", "D", "days of history (7)", 0, 3650,
              [](A& a, double n) { a.options.world.history = milliseconds(n * 86'400); }),
      decimal("--messages-per-day", "N", "of one user, in the history (12)", 0, 100'000,
              [](A& a, double n) { a.options.world.messages_per_user_day = n; }),
      decimal("--arrivals", "PER_MINUTE", "new messages of all users together (30)", 0, 1'000'000,
              [](A& a, double n) { a.options.world.arrivals_per_minute = n; }),
      decimal("--stop-arrivals-after", "SECONDS", "nothing new is said after that (never)", 0, 1e9,
              [](A& a, double n) { a.options.world.arrivals_stop_after = milliseconds(n); }),
      decimal("--late", "SHARE", "of new messages that become visible later than dated (0.05)", 0, 1,
              [](A& a, double n) { a.options.world.late_share = n; }),
      decimal("--late-max", "SECONDS", "the latest of them (60)", 0.001, 1e7,
              [](A& a, double n) { a.options.world.late_max = milliseconds(n); }),
      integer("--burst", "messages of the first user in one millisecond (3)", 0, 1'000'000,
              [](A& a, std::int64_t n) { a.options.world.burst = static_cast<int>(n); }),
      bare("--odd", "ill-formed texts, responses of every JSON kind, huge texts, odd ids",
           [](A& a) { a.options.world.odd_content = true; }),
  };
}

std::vector<Option> peer_options() {
  using A = SimulatorArguments;
  return {
      words("--api-key", "KEY", "the raw key that is accepted; safer in ELITBUZZ_SIMULATOR_API_KEY",
            [](A& a, const std::string& text) { a.options.account.api_key = text; }),
      words("--customer-id", "ID", "(4660)",
            [](A& a, const std::string& text) { a.options.account.customer_id = text; }),
      words("--bot-key", "KEY", "(6bc26c50902b4838)",
            [](A& a, const std::string& text) { a.options.account.bot_key = text; }),
      words("--crm-authorization", "VALUE",
            "the header that the CRM asks for (none); safer in ELITBUZZ_SIMULATOR_CRM_AUTHORIZATION",
            [](A& a, const std::string& text) { a.options.crm_authorization = text; }),
      settings("--dialect", "how the API speaks, see below", simulator::dialect_settings(),
               &simulator::SimulatorOptions::dialect),
      settings("--fault", "what goes wrong with the API, see below", simulator::api_fault_settings(),
               &simulator::SimulatorOptions::faults),
      settings("--crm-fault", "what goes wrong with the CRM, see below", simulator::crm_fault_settings(),
               &simulator::SimulatorOptions::crm_faults),
      vendor_setting(),
  };
}

const std::vector<Option>& all_options() {
  static const std::vector<Option> options = [] {
    using A = SimulatorArguments;
    std::vector<Option> all{integer("--port", "to listen on, at 127.0.0.1; 0 is any free one (0)", 0, 65'535,
                                    [](A& a, std::int64_t n) { a.port = static_cast<std::uint16_t>(n); })};
    for (std::vector<Option> part : {world_options(), peer_options()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    all.push_back(words("--config", "FILE", "taken as by every verb, and not used", [](A&, const std::string&) {}));
    all.push_back(bare("--json", R"(the line on stdout is {"port": ..., "url": ...})", [](A& a) { a.json = true; }));
    all.push_back(bare("--help", "this text", [](A& a) { a.help = true; }));
    return all;
  }();
  return options;
}

template <class T>
std::string table_text(const std::string& option, const std::vector<Setting<T>>& table) {
  const T defaults;
  std::string text = "\n" + option + "KEY=VALUE:\n";
  for (const Setting<T>& row : table) {
    const std::string standard = row.show(defaults);
    text += fmt::format("  {:<22} {}{}\n  {:<22} {}\n", row.key, row.meaning,
                        standard.empty() ? "" : " (" + standard + ")", "", row.values);
  }
  return text;
}

}  // namespace

std::optional<SimulatorArguments> parse_simulator_arguments(const std::vector<std::string>& arguments,
                                                            std::string& mistake) {
  SimulatorArguments parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(0, equals);
    const Option* option = nullptr;
    for (const Option& candidate : all_options()) {
      option = candidate.name == name ? &candidate : option;
    }
    if (option == nullptr) {
      mistake = fmt::format("unknown argument \"{}\"; --help lists what there is", name);
      return std::nullopt;
    }
    std::string value;
    if (equals != std::string::npos) {
      value = arguments[i].substr(equals + 1);
    } else if (!option->value.empty() && i + 1 < arguments.size()) {
      value = arguments[++i];
    } else if (!option->value.empty()) {
      mistake = fmt::format("{} needs a value: {} {}", name, name, option->value);
      return std::nullopt;
    }
    if (option->value.empty() && equals != std::string::npos) {
      mistake = fmt::format("{} takes no value", name);
      return std::nullopt;
    }
    if (const std::optional<std::string> wrong = option->set(parsed, value)) {
      mistake = fmt::format("{}: {}", name, *wrong);
      return std::nullopt;
    }
  }
  return parsed;
}

std::string simulator_help() {
  std::string text =
      "elitbuzz-sync simulator [OPTION...]\n\n"
      "A local Elitbuzz API and a CRM (at /crm/conversations) with made-up users whose conversations go on, for "
      "trying\n"
      "the program without an account. It prints its address and runs until SIGTERM or SIGINT.\n"
      "GET /simulator/ledger compares what was said with what the CRM received; POST /simulator/faults, "
      "/simulator/crm\n"
      "and /simulator/dialect change the settings below while it runs, as {\"key\": value, ...}.\n\n";
  text += fmt::format(
      "It also plays CRMs of vendors ({}), each at /crm/VENDOR. GET /simulator/VENDOR/records shows\n"
      "what stands in one, GET /simulator/VENDOR/counts what was asked of it; POST /simulator/VENDOR changes what "
      "goes\n"
      "wrong with it. Their client is \"{}\" with the secret \"{}\" and the refresh token\n"
      "\"{}\". HubSpot's static token, and a password of the user \"{}\" of Odoo's\n"
      "database \"{}\", is \"{}\".\n\n",
      simulator::crm_names(), simulator::vendor_client_id, simulator::vendor_client_secret,
      simulator::vendor_refresh_token, simulator::vendor_login, simulator::vendor_database, simulator::vendor_api_key);
  for (const Option& option : all_options()) {
    text +=
        fmt::format("  {:<32} {}\n", option.name + (option.value.empty() ? "" : " " + option.value), option.meaning);
  }
  text += fmt::format("\nWithout a key, \"{}\" is accepted.\n", simulator_api_key_default);
  text += "Shares are of all requests, from 0 to 1.\n";
  return text + table_text("--dialect ", simulator::dialect_settings()) +
         table_text("--fault ", simulator::api_fault_settings()) +
         table_text("--crm-fault ", simulator::crm_fault_settings()) +
         table_text("--vendor-fault VENDOR.", simulator::simulated_crm_fault_settings());
}

}  // namespace elit::daemon
