#pragma once

#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/yaml/diagnostics.hpp"
#include "core/options.hpp"

namespace elit::config {

// Gives every sink of a CRM its design: reads its preset, puts the operator's settings, secrets, fields, unit and time
// zone to it, and reports at the sink's keys of what does not fit. Returns the mistakes in the operator's own
// presets. `configuration`: the text the options were read from. Reads files: presets and the system's time zones.
[[nodiscard]] std::vector<Diagnostic> design_sinks(Options& options, const PresetText& configuration,
                                                   Diagnostics& diagnostics);

}  // namespace elit::config
