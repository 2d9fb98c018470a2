#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "core/instant.hpp"

namespace CLI {
class App;
}

// The command line of a verb, as the verb declares it. Only command_line.cpp uses the parser.
namespace elit::daemon {

// Declares the options of one verb: their names on the command line, what --help says and the variables they set. Both
// `--name VALUE` and `--name=VALUE` are understood. A value is never empty. If an option is given twice, the last value
// counts. --help shows the value of the variable at the declaration as the default. The variables must outlive the
// parsing.
class VerbOptions {
 public:
  explicit VerbOptions(CLI::App& app) : app_(app) {}

  // --config FILE. Sets `target` to the default file at once.
  void configuration(std::filesystem::path& target);
  void flag(const std::string& name, bool& target, const std::string& meaning);
  void text(const std::string& name, const std::string& value, std::string& target, const std::string& meaning);
  template <class Integer>
  void whole_number(const std::string& name, std::int64_t least, std::int64_t most, Integer& target,
                    const std::string& meaning) {
    integer(
        name, least, most, [&target](std::int64_t number) { target = static_cast<Integer>(number); },
        with_default(meaning, std::to_string(target)));
  }
  void number(const std::string& name, const std::string& value, double least, double most, double& target,
              const std::string& meaning);
  // A length of time, written as a decimal number of `unit`; the bounds are in that unit too.
  void time(const std::string& name, const std::string& value, Milliseconds unit, double least, double most,
            std::function<void(Milliseconds)> set, const std::string& meaning);
  // An option that may be given several times. `read` is called with each value and returns what is wrong with it;
  // empty: nothing.
  void each(const std::string& name, const std::string& value, std::function<std::string(const std::string&)> read,
            const std::string& meaning);
  // A positional argument, which has to be one of `known`.
  void word(const std::string& value, const std::vector<std::string>& known, std::string& target,
            const std::string& meaning);

 private:
  static std::string with_default(const std::string& meaning, const std::string& value);
  void integer(const std::string& name, std::int64_t least, std::int64_t most, std::function<void(std::int64_t)> set,
               const std::string& meaning);
  void decimal(const std::string& name, const std::string& value, double least, double most,
               std::function<void(double)> set, const std::string& meaning);
  void option(const std::string& name, const std::string& value, std::function<std::string(const std::string&)> read,
              const std::string& meaning, bool several = false);

  CLI::App& app_;
};

// Runs a verb after its options were read. Results go to `out`, diagnostics to `err`. Returns the exit status.
using VerbAction = std::function<int(std::ostream& out, std::ostream& err)>;

struct Verb {
  std::string name;
  std::string summary;                              // one line in the list of verbs
  std::string help;                                 // the text of --help after the options; may be empty
  std::function<VerbAction(VerbOptions&)> declare;  // the action holds the variables that the options set
};

}  // namespace elit::daemon
