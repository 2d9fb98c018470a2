#pragma once

#include <optional>
#include <string>

#include "config/yaml/diagnostics.hpp"
#include "core/crm/sink_design.hpp"
#include "core/options.hpp"

namespace elit::config {

// Combines a sink's options with its preset. `path`: of the sink; mistakes are reported at its keys. Absent: there
// are mistakes.
[[nodiscard]] std::optional<crm::SinkDesign> design_sink(const crm::Preset& preset, const SinkOptions& sink,
                                                         const std::string& path, Diagnostics& diagnostics);

}  // namespace elit::config
