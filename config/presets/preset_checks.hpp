#pragma once

#include <vector>

#include "config/presets/preset_diagnostics.hpp"
#include "config/presets/preset_steps.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// Checks the rules between parts of a preset: the order of steps, and whether each step has what its `idempotency`
// needs. `preset` is complete except for its steps.
void check_preset(const crm::Preset& preset, const std::vector<PlacedStep>& steps, const Node& root,
                  PresetDiagnostics& diagnostics);

}  // namespace elit::config
