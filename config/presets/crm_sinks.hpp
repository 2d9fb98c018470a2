#pragma once

#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/yaml/diagnostics.hpp"
#include "core/options.hpp"

namespace elit::config {

// Gives every sink of a CRM its design: reads the preset, adds the operator's settings, secrets, fields, unit and time
// zone, and reports at the keys of the sink what does not fit. Returns the mistakes in the operator's presets.
// `configuration`: the text from which the options were read. Reads presets and the system's time zones from the disk.
[[nodiscard]] std::vector<Diagnostic> design_sinks(Options& options, const PresetText& configuration,
                                                   Diagnostics& diagnostics);

}  // namespace elit::config
