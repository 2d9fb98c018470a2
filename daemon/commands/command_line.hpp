#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace elit::daemon {

// The most messages that --last takes.
inline constexpr int last_max = 10'000;

// The arguments that all verbs on a configuration share.
struct CommandLine {
  std::filesystem::path config = "/etc/elitbuzz-sync/elitbuzz-sync.yaml";
  bool json = false;
  bool watch = false;
  bool render = false;
  bool ignore_state = false;
  std::string sink;               // its name; empty: not given
  std::optional<int> last;        // 1..last_max
  std::vector<std::string> rest;  // words that are no options, in their order
};

// What was wrong with the arguments, in one line; empty: nothing.
struct ParsedCommandLine {
  CommandLine arguments;
  std::string error;
};

// Reads what stands after the verb. `allowed` names the options the verb knows beside --config, without dashes; `words`
// is how many words it takes at most. Both `--config FILE` and `--config=FILE` are understood, and so with every option
// that has a value.
[[nodiscard]] ParsedCommandLine parse_command_line(const std::vector<std::string>& words_after_verb,
                                                   const std::vector<std::string>& allowed, std::size_t words);

}  // namespace elit::daemon
