#pragma once

#include <string>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/crm/sink_design.hpp"

namespace elit::crm {

// Describes the guarantee of a preset when answers are lost: a line for contacts and one for messages, by the weakest
// method of the steps that write them, one for the transcripts of days if the preset has them, and the preset's own
// `guarantee` if it has one.
[[nodiscard]] std::vector<std::string> guarantee_of(const Preset& preset);

// Whether a request that arrives after a later one does harm: it makes a record that a look-up did not find, or brings
// an older transcript back.
[[nodiscard]] bool late_requests_do_harm(const SinkDesign& design);

}  // namespace elit::crm
