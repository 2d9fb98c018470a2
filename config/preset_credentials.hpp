#pragma once

#include <string>
#include <vector>

#include "config/preset_members.hpp"
#include "config/preset_texts.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// Reads `credentials`, a map by name. `texts.vocabulary` has to know the settings and learns the credentials.
[[nodiscard]] std::vector<crm::Credential> read_credentials(Members& members, PresetTexts& texts,
                                                            PresetFindings& findings);

}  // namespace elit::config
