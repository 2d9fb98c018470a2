#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "config/yaml/diagnostic.hpp"
#include "config/yaml/diagnostics.hpp"
#include "core/crm/sink_design.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"

namespace elit::config {

// The result of reading a configuration file. Either `options` holds a value or `mistakes` is not empty.
struct Loaded {
  std::string file;                  // as the operator named it
  std::optional<Options> options;    // every bound of core/options.hpp checked, every path absolute
  std::optional<Options> partly;     // what was read, keys with mistakes by default; absent: the file is no YAML map
  crm::SinkDesigns designs;          // with options: one for each sink of a CRM
  std::vector<Diagnostic> mistakes;  // all of them, by their place; those in the operator's presets last
  Origins origins;                   // the places of the keys that are set; the others have their defaults
};

[[nodiscard]] inline Instant wall_clock() {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

// Reads the configuration at `path`, the presets of CRMs that it names and the time zones of the system. It reads no
// secret, uses no network and blocks for the disk. A file that is missing, unreadable, larger than 1 MiB, empty or no
// regular file is a mistake too. `now` bounds the instants that a configuration may name.
[[nodiscard]] Loaded load(const std::filesystem::path& path, Instant now = wall_clock());

// Reads `text` instead of the content of `file`; relative paths in it are relative to the directory of `file`.
[[nodiscard]] Loaded load_text(const std::string& text, const std::filesystem::path& file, Instant now = wall_clock());

// Prints one mistake on each line.
void print_mistakes(std::ostream& out, const std::vector<Diagnostic>& mistakes);

}  // namespace elit::config
