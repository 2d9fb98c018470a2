#pragma once

#include <string>
#include <vector>

#include "core/crm/preset.hpp"

namespace elit::crm {

// What the operator gets when answers are lost, in words: a line for contacts and one for messages, by the weakest
// method of the preset's steps that write them, and the preset's own `guarantee`, if it has one.
[[nodiscard]] std::vector<std::string> guarantee_of(const Preset& preset);

}  // namespace elit::crm
