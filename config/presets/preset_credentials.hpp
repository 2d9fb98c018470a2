#pragma once

#include <string>
#include <vector>

#include "config/presets/preset_members.hpp"
#include "config/presets/preset_texts.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// Reads `credentials`, a map by name. Adds the credentials to `texts.vocabulary`, which must
// hold the settings.
[[nodiscard]] std::vector<crm::Credential> read_credentials(Members& members, PresetTexts& texts,
                                                            PresetDiagnostics& diagnostics);

}  // namespace elit::config
