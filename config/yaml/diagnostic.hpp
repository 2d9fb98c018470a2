#pragma once

#include <string>
#include <vector>

namespace elit::config {

// A place in the configuration file, counted from 1; columns count characters, not bytes. `layer`: in which of the
// files that were laid over each other; 0 is the one that is read, 1 the preset that it extends.
struct Place {
  int line = 1;
  int column = 1;
  int layer = 0;

  bool operator==(const Place&) const = default;
};

// One thing that is wrong with a configuration. `what` never repeats a secret nor anything that stands where a secret
// belongs.
struct Diagnostic {
  std::string file;  // as the operator named it
  int line = 1;
  int column = 1;
  std::string key;   // dotted path such as sources[0].poll.interval; "(file)" or "(syntax)" for an error without a key
  std::string what;  // what is wrong and what to write instead
};

// `file:line:column: key: what`, on one line whatever the file holds.
[[nodiscard]] std::string to_string(const Diagnostic& mistake);

// Orders mistakes by their place, the order in which a person reads the file.
void sort_by_place(std::vector<Diagnostic>& mistakes);

// `text` cut to a length fit for a message, without control characters.
[[nodiscard]] std::string printable(const std::string& text);

}  // namespace elit::config
