#pragma once

#include <string>

#include "config/presets/preset_rules.hpp"

namespace elit::config {

// `item`: what placeholders may name of the item that an element is compared with. `batch`: the request may hold
// several items.
[[nodiscard]] crm::ReplyMap read_reply(const Node& node, const std::string& path, const PlaceholderContext& item,
                                       bool batch, PresetTexts& texts, PresetDiagnostics& diagnostics);
[[nodiscard]] crm::FindMap read_find(const Node& node, const std::string& path, const PlaceholderContext& item,
                                     bool reads, PresetTexts& texts, PresetDiagnostics& diagnostics);

}  // namespace elit::config
