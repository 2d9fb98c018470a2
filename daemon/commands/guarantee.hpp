#pragma once

#include <string>
#include <vector>

#include "core/options.hpp"

namespace elit::daemon {

// What the operator of a sink really gets when answers are lost, one sentence a line.
[[nodiscard]] std::vector<std::string> guarantee_of(const SinkOptions& sink);

// How a CRM's sink proves who it is: the credential, its secrets by name, where tokens come from. Empty for others.
[[nodiscard]] std::string credential_of(const SinkOptions& sink);

// What a record of a CRM's sink is. Empty for others.
[[nodiscard]] std::string unit_of(const SinkOptions& sink);

}  // namespace elit::daemon
