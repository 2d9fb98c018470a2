#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "daemon/configuration.hpp"

namespace elit::daemon {

// A configuration that was read and checked and whose secrets can all be read.
struct LoadedConfiguration {
  std::optional<Configuration> configuration;  // absent: `exit_status` and `complaint` say why
  int exit_status = 0;                         // 77 or 78
  std::string complaint;                       // one mistake a line
};

// Reads the file and checks that its secrets can be read. Uses no network.
[[nodiscard]] LoadedConfiguration load_configuration(const std::filesystem::path& file);

}  // namespace elit::daemon
