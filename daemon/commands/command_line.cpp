#include "daemon/commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <ostream>
#include <utility>

#include "core/text/closest_match.hpp"
#include "daemon/commands/config.hpp"
#include "daemon/commands/deliver.hpp"
#include "daemon/commands/rehearse.hpp"
#include "daemon/commands/run.hpp"
#include "daemon/commands/simulator.hpp"
#include "daemon/commands/status.hpp"
#include "daemon/commands/sync.hpp"
#include "daemon/commands/validate.hpp"
#include "daemon/commands/verb.hpp"
#include "daemon/system/exit_status.hpp"

namespace elit::daemon {
namespace {

using Words = std::vector<std::string>;

constexpr const char* version_text = "elitbuzz-sync " ELITBUZZ_SYNC_VERSION;
constexpr std::size_t option_column = 34;  // where the meaning begins in the help of a verb
constexpr std::size_t verb_column = 16;    // where the summary begins in the list of verbs

constexpr const char* general_help =
    "--config FILE   the configuration; default /etc/elitbuzz-sync/elitbuzz-sync.yaml\n"
    "--json          one JSON document on stdout\n"
    "Every verb explains its options: elitbuzz-sync VERB --help\n\n"
    "Exit status: 0 done; 1 something is undelivered, dead, parked or paused; 64 usage; 70 a bug of ours;\n"
    "71 no memory or descriptors left; 74 storage failed; 75 the state directory is in use; 77 permission; "
    "78 configuration.";

Words names_of(const std::vector<Verb>& verbs) {
  Words names;
  for (const Verb& verb : verbs) {
    names.push_back(verb.name);
  }
  return names;
}

// The long names of an app's options, with their dashes.
Words options_of(const CLI::App& app) {
  Words names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

std::string with_suggestion(const std::string& what, const std::string& word, const Words& known) {
  const std::optional<std::string> meant = closest_match(word, known);
  return what + word + (meant ? ": did you mean " + *meant + "?" : "");
}

// The command line of the program, read once.
class CommandLine {
 public:
  explicit CommandLine(std::vector<Verb> verbs) : verbs_(std::move(verbs)) {
    app_.set_help_flag("-h,--help", "this text");
    app_.set_version_flag("-V,--version", version_text, "the version of the program");
    app_.get_formatter()->column_width(option_column);
    app_.require_subcommand(1);
    app_.allow_extras();
    for (const Verb& verb : verbs_) {
      declare(verb);
    }
    auto overview = std::make_shared<CLI::Formatter>();
    overview->column_width(verb_column);
    overview->label("SUBCOMMAND", "VERB");
    app_.formatter(overview);
    app_.footer(general_help);
  }

  int run(Words words, std::ostream& out, std::ostream& err) {
    if (!words.empty() && words.front() == "help") {
      words.front() = "--help";
    }
    const std::string mistake = read(words, out);
    if (!mistake.empty()) {
      const std::string name = actions_.contains(words.empty() ? "" : words.front()) ? words.front() : "";
      err << "elitbuzz-sync: " << name << (name.empty() ? "" : ": ") << mistake << "\nTry: elitbuzz-sync " << name
          << (name.empty() ? "" : " ") << "--help\n";
      return exit_usage;
    }
    return answered_ ? exit_done : actions_.at(chosen()->get_name())(out, err);
  }

 private:
  void declare(const Verb& verb) {
    CLI::App& app = *app_.add_subcommand(verb.name, verb.summary);
    app.set_version_flag("-V,--version", version_text, "the version of the program");
    app.group("Verbs");
    app.allow_extras();
    app.footer(verb.help);
    VerbOptions options(app);
    actions_[verb.name] = verb.declare(options);
  }

  [[nodiscard]] const CLI::App* chosen() const {
    const std::vector<CLI::App*> chosen = app_.get_subcommands();
    return chosen.empty() ? nullptr : chosen.front();
  }

  // Reads the words and handles --help and --version. Returns what is wrong; empty: nothing.
  std::string read(const Words& words, std::ostream& out) {
    for (const std::string& word : words) {
      if (word.starts_with("--") && word.ends_with("=")) {
        return word.substr(0, word.size() - 1) + ": the value is empty";
      }
    }
    try {
      app_.parse(Words(words.rbegin(), words.rend()));
      return unknown_word();
    } catch (const CLI::Success& question) {
      if (chosen() == nullptr && !app_.remaining().empty()) {
        return unknown_word();
      }
      app_.exit(question, out, out);
      answered_ = true;
      return {};
    } catch (const CLI::ArgumentMismatch& error) {
      return explain(error);
    } catch (const CLI::RequiredError& error) {
      return chosen() == nullptr ? unknown_word() : explain(error);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
  }

  // Describes the first unknown word; empty: all are known.
  [[nodiscard]] std::string unknown_word() const {
    const CLI::App* verb = chosen();
    const Words outside = app_.remaining();
    if (verb == nullptr || !outside.empty()) {
      if (outside.empty()) {
        return "a verb is missing: elitbuzz-sync VERB";
      }
      return outside.front().starts_with("-") ? "options must follow the verb: " + outside.front()
                                              : with_suggestion("unknown verb ", outside.front(), names_of(verbs_));
    }
    const Words inside = verb->remaining();
    if (inside.empty()) {
      return {};
    }
    const std::string name = inside.front().substr(0, inside.front().find('='));
    return name.starts_with("-") ? with_suggestion("unknown option ", name, options_of(*verb))
                                 : "unexpected argument " + inside.front();
  }

  // The parser's message begins with the name of the option.
  [[nodiscard]] std::string explain(const CLI::ParseError& error) const {
    const std::string message = error.what();
    std::string name = message.substr(0, message.find_first_of(": "));
    const CLI::Option* option = chosen()->get_option_no_throw(name);
    if (option == nullptr) {  // for a flag the message omits the dashes
      name.insert(0, "--");
      option = chosen()->get_option_no_throw(name);
    }
    if (option == nullptr) {
      return message;
    }
    if (option->get_items_expected_max() == 0) {
      return name + " takes no value";
    }
    return option->get_positional() ? fmt::format("{} is missing: {}", name, option->get_description())
                                    : fmt::format("{} needs a value: {} {}", name, name, option->get_type_name());
  }

  std::vector<Verb> verbs_;
  CLI::App app_{"Keeps the conversations of an Elitbuzz bot in a database and in CRMs.", "elitbuzz-sync"};
  std::map<std::string, VerbAction> actions_;
  bool answered_ = false;  // --help or --version was given
};

template <class Number>
std::optional<Number> whole_of(const std::string& text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

void VerbOptions::configuration(std::filesystem::path& target) {
  target = "/etc/elitbuzz-sync/elitbuzz-sync.yaml";
  option(
      "-c,--config", "FILE",
      [&target](const std::string& text) {
        target = text;
        return std::string();
      },
      with_default("the configuration", target.string()));
}

void VerbOptions::flag(const std::string& name, bool& target, const std::string& meaning) {
  app_.add_flag(name, target, meaning)->disable_flag_override()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void VerbOptions::text(const std::string& name, const std::string& value, std::string& target,
                       const std::string& meaning) {
  option(
      name, value,
      [&target](const std::string& text) {
        target = text;
        return std::string();
      },
      with_default(meaning, target));
}

void VerbOptions::number(const std::string& name, const std::string& value, double least, double most, double& target,
                         const std::string& meaning) {
  decimal(
      name, value, least, most, [&target](double number) { target = number; },
      with_default(meaning, fmt::format("{}", target)));
}

void VerbOptions::time(const std::string& name, const std::string& value, Milliseconds unit, double least, double most,
                       std::function<void(Milliseconds)> set, const std::string& meaning) {
  decimal(
      name, value, least, most,
      [unit, set = std::move(set)](double number) {
        set(Milliseconds{std::llround(number * static_cast<double>(unit.count()))});
      },
      meaning);
}

void VerbOptions::each(const std::string& name, const std::string& value,
                       std::function<std::string(const std::string&)> read, const std::string& meaning) {
  option(name, value, std::move(read), meaning + "; may be given several times", true);
}

void VerbOptions::word(const std::string& value, const std::vector<std::string>& known, std::string& target,
                       const std::string& meaning) {
  const auto read = [known, &target](const std::string& text) {
    target = text;
    return std::find(known.begin(), known.end(), text) != known.end()
               ? ""
               : with_suggestion("unknown word ", text, known) + " Known are " +
                     fmt::format("{}", fmt::join(known, ", "));
  };
  option(value, "", read, fmt::format("{}: {}", meaning, fmt::join(known, ", ")));
  app_.get_option(value)->required();
}

std::string VerbOptions::with_default(const std::string& meaning, const std::string& value) {
  return value.empty() ? meaning : meaning + " (" + value + ")";
}

void VerbOptions::integer(const std::string& name, std::int64_t least, std::int64_t most,
                          std::function<void(std::int64_t)> set, const std::string& meaning) {
  const auto read = [least, most, set = std::move(set)](const std::string& text) {
    const std::optional<std::int64_t> number = whole_of<std::int64_t>(text);
    if (!number || *number < least || *number > most) {
      return fmt::format("write a whole number from {} to {}", least, most);
    }
    set(*number);
    return std::string();
  };
  option(name, "N", read, meaning);
}

void VerbOptions::decimal(const std::string& name, const std::string& value, double least, double most,
                          std::function<void(double)> set, const std::string& meaning) {
  const auto read = [least, most, set = std::move(set)](const std::string& text) {
    const std::optional<double> number = whole_of<double>(text);
    if (!number || !(*number >= least && *number <= most)) {
      return fmt::format("write a number from {} to {}", least, most);
    }
    set(*number);
    return std::string();
  };
  option(name, value, read, meaning);
}

void VerbOptions::option(const std::string& name, const std::string& value,
                         std::function<std::string(const std::string&)> read, const std::string& meaning,
                         bool several) {
  const std::string shown = name.substr(name.find("--") == std::string::npos ? 0 : name.find("--"));
  const auto take = [read = std::move(read), shown](const CLI::results_t& values) {
    for (const std::string& text : values) {
      const std::string wrong = text.empty() ? "the value is empty" : read(text);
      if (!wrong.empty()) {
        throw CLI::ValidationError(shown, wrong);
      }
    }
    return true;
  };
  app_.add_option(name, take, meaning)
      ->type_name(value)
      ->multi_option_policy(several ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

int run_command_line(const std::vector<std::string>& words, std::ostream& out, std::ostream& err) {
  return run_command_line({run_verb(), sync_verb(), validate_verb(), status_verb(), config_verb(), deliver_verb(),
                           rehearse_verb(), simulator_verb()},
                          words, out, err);
}

int run_command_line(std::vector<Verb> verbs, const std::vector<std::string>& words, std::ostream& out,
                     std::ostream& err) {
  return CommandLine(std::move(verbs)).run(words, out, err);
}

}  // namespace elit::daemon
