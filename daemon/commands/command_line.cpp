#include "daemon/commands/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace elit::daemon {
namespace {

using Words = std::vector<std::string>;

std::optional<int> count_from(std::string_view text) {
  int count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && count >= 1 && count <= last_max ? std::optional(count) : std::nullopt;
}

// What is wrong with the value, or nothing.
std::string set_value(const std::string& option, const std::string& value, CommandLine& arguments) {
  if (option == "config") {
    arguments.config = value;
    return value.empty() ? "--config needs a file" : "";
  }
  if (option == "sink") {
    arguments.sink = value;
    return value.empty() ? "--sink needs the name of a sink" : "";
  }
  arguments.last = count_from(value);
  return arguments.last ? "" : "--last needs a whole number from 1 to " + std::to_string(last_max);
}

bool set_switch(const std::string& option, CommandLine& arguments) {
  bool* target = option == "json"           ? &arguments.json
                 : option == "watch"        ? &arguments.watch
                 : option == "render"       ? &arguments.render
                 : option == "ignore-state" ? &arguments.ignore_state
                                            : nullptr;
  if (target != nullptr) {
    *target = true;
  }
  return target != nullptr;
}

// Reads the option at `place`, and its value, which may be the next word. What is wrong, or nothing.
std::string read_option(const Words& words, std::size_t& place, const Words& allowed, CommandLine& arguments) {
  const std::string& word = words[place];
  const std::size_t equals = word.find('=');
  const std::string option = word == "-c" ? "config" : word.starts_with("--") ? word.substr(2, equals - 2) : "";
  const bool joined = equals != std::string::npos;
  const bool known = option == "config" || std::find(allowed.begin(), allowed.end(), option) != allowed.end();
  if (!known) {
    return "unknown option " + word;
  }
  if (option == "config" || option == "sink" || option == "last") {
    const bool follows = !joined && place + 1 < words.size();
    const std::string value = joined ? word.substr(equals + 1) : follows ? words[++place] : "";
    return set_value(option, value, arguments);
  }
  return !joined && set_switch(option, arguments) ? "" : "unknown option " + word;
}

}  // namespace

ParsedCommandLine parse_command_line(const std::vector<std::string>& words_after_verb,
                                     const std::vector<std::string>& allowed, std::size_t words) {
  ParsedCommandLine parsed;
  for (std::size_t i = 0; i < words_after_verb.size() && parsed.error.empty(); ++i) {
    const std::string& word = words_after_verb[i];
    if (word.starts_with("-")) {
      parsed.error = read_option(words_after_verb, i, allowed, parsed.arguments);
    } else if (parsed.arguments.rest.size() == words) {
      parsed.error = "unexpected argument " + word;
    } else {
      parsed.arguments.rest.push_back(word);
    }
  }
  return parsed;
}

}  // namespace elit::daemon
