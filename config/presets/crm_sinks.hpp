#pragma once

#include <vector>

#include "config/yaml/diagnostics.hpp"
#include "core/crm/sink_design.hpp"
#include "core/options.hpp"

namespace elit::config {

// Adds the design of every sink of a CRM to `designs`: reads the preset, adds the operator's settings, secrets, fields,
// unit and time zone, and reports at the keys of the sink what does not fit. Returns the mistakes in the operator's
// presets. Reads presets and the system's time zones from the disk.
[[nodiscard]] std::vector<Diagnostic> design_sinks(const std::vector<SinkOptions>& sinks, crm::SinkDesigns& designs,
                                                   Diagnostics& diagnostics);

}  // namespace elit::config
