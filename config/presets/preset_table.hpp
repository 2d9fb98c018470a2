#pragma once

#include <vector>

#include "config/presets/preset_kinds.hpp"
#include "config/yaml/description.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// Every key of a preset: its member, its kind and its meaning. It lives as long as the program. Requires: the preset
// has its name, and the context an empty vocabulary.
[[nodiscard]] const PresetSection<crm::Preset>& preset_table();

// What the maps of a preset may hold, the whole preset first.
[[nodiscard]] std::vector<const SectionDescription*> preset_maps();

}  // namespace elit::config
