#pragma once

#include "config/yaml/section.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// Checks the rules between parts of a preset: the order of steps, and whether each step has what its `idempotency`
// needs. `map`: the map that was read into `preset`.
void check_preset(const crm::Preset& preset, const ReadMap& map, Diagnostics& diagnostics);

}  // namespace elit::config
