#include "daemon/command_line.hpp"

#include <algorithm>

namespace elit::daemon {

ParsedCommandLine parse_command_line(const std::vector<std::string>& words_after_verb,
                                     const std::vector<std::string>& allowed, std::size_t words) {
  ParsedCommandLine parsed;
  CommandLine& arguments = parsed.arguments;
  const auto knows = [&allowed](std::string_view option) {
    return std::find(allowed.begin(), allowed.end(), option) != allowed.end();
  };
  for (std::size_t i = 0; i < words_after_verb.size(); ++i) {
    const std::string& word = words_after_verb[i];
    if (word == "--config" || word == "-c") {
      if (++i == words_after_verb.size()) {
        parsed.error = "--config needs a file";
        return parsed;
      }
      arguments.config = words_after_verb[i];
    } else if (word.starts_with("--config=")) {
      arguments.config = word.substr(9);
    } else if (word == "--json" && knows("json")) {
      arguments.json = true;
    } else if (word == "--watch" && knows("watch")) {
      arguments.watch = true;
    } else if (word.starts_with("-")) {
      parsed.error = "unknown option " + word;
      return parsed;
    } else if (arguments.rest.size() == words) {
      parsed.error = "unexpected argument " + word;
      return parsed;
    } else {
      arguments.rest.push_back(word);
    }
  }
  if (arguments.config.empty()) {
    parsed.error = "--config needs a file";
  }
  return parsed;
}

}  // namespace elit::daemon
