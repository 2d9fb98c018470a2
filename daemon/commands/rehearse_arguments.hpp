#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/rehearsal/fault_text.hpp"

namespace elit::daemon {

struct RehearseArguments {
  std::filesystem::path config = "/etc/elitbuzz-sync/elitbuzz-sync.yaml";
  bool json = false;
  int days = 7;
  int users = 20;
  double messages_per_user_day = 12;
  std::uint64_t seed = 1;
  std::vector<RehearsedFault> faults;
};

struct ParsedRehearseArguments {
  RehearseArguments arguments;
  std::string error;  // what was wrong, for a person; empty: nothing
};

// Reads what stands after the verb. Both `--days 7` and `--days=7` are understood.
[[nodiscard]] ParsedRehearseArguments parse_rehearse_arguments(const std::vector<std::string>& words);

// What --help says beside the synopsis.
[[nodiscard]] std::string rehearse_help();

}  // namespace elit::daemon
