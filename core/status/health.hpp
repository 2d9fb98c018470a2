#pragma once

#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/status/status.hpp"

namespace elit {

// What an operator has to know or mend, a sentence each, sources first; empty: all is well. `status` is the state and
// `options` the configuration in force. Sources and sinks that are not configured any more count for nothing.
[[nodiscard]] std::vector<std::string> problems_of(const Status& status, const Options& options, Instant now);

}  // namespace elit
