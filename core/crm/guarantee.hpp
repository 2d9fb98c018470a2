#pragma once

#include <string>
#include <vector>

#include "core/crm/preset.hpp"

namespace elit::crm {

// Describes the guarantee of a preset when answers are lost: a line for contacts and one for messages, by the weakest
// method of the steps that write them, and the preset's own `guarantee` if it has one.
[[nodiscard]] std::vector<std::string> guarantee_of(const Preset& preset);

}  // namespace elit::crm
