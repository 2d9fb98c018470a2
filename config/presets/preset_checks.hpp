#pragma once

#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/presets/preset_steps.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// The rules that concern several parts of a preset: the order of steps, and whether what keeps repeated writes from
// making doubles is really there. `preset` is complete but for its steps.
void check_preset(const crm::Preset& preset, const std::vector<PlacedStep>& steps, const Node& root,
                  PresetDiagnostics& diagnostics);

}  // namespace elit::config
