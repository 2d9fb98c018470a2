#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/simulator/simulator.hpp"

namespace elit::daemon {

struct SimulatorArguments {
  simulator::SimulatorOptions options;  // `start` and secrets that were not given are left empty
  std::uint16_t port = 0;               // 0: any free one
  bool json = false;
  bool help = false;
};

// Reads what stands after the verb. With a mistake the result is empty and `mistake` says what is wrong and what to do.
[[nodiscard]] std::optional<SimulatorArguments> parse_simulator_arguments(const std::vector<std::string>& arguments,
                                                                          std::string& mistake);

// The text of --help: every option and every setting of the dialect and the faults.
[[nodiscard]] std::string simulator_help();

// The key that clients must send when none is given: it opens nothing but this simulator.
inline constexpr const char* simulator_api_key_default = "00000000-0000-4000-8000-000000000000-sample7";

}  // namespace elit::daemon
