#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "core/options.hpp"

namespace elit::daemon {

// A configuration that may be run: read, checked, and with all its secrets in place.
struct LoadedConfiguration {
  std::optional<Options> options;  // absent: `exit_status` and `complaint` say why
  int exit_status = 0;             // 77 or 78
  std::string complaint;           // one mistake a line
};

// Reads the file and looks whether its secrets can be had; touches no network.
[[nodiscard]] LoadedConfiguration load_configuration(const std::filesystem::path& file);

}  // namespace elit::daemon
