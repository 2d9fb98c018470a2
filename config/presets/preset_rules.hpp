#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/presets/preset_members.hpp"
#include "config/presets/preset_texts.hpp"
#include "core/crm/preset.hpp"

// Readers of the parts of a preset that describe answers: locators, conditions, verdicts.
namespace elit::config {

// A pointer alone, or {pointer, header, pattern}.
[[nodiscard]] crm::Locator read_locator(const Node& node, const std::string& path, PresetDiagnostics& diagnostics);
[[nodiscard]] std::optional<crm::Locator> read_locator(Members& members, const char* key,
                                                       PresetDiagnostics& diagnostics);
// The same for a map that has further keys; a mistake when it names no place.
[[nodiscard]] crm::Locator read_inner_locator(Members& members, PresetDiagnostics& diagnostics);
// A JSON pointer alone.
[[nodiscard]] std::string read_pointer(const Node& node, const std::string& path, PresetDiagnostics& diagnostics);

// 200, 200-299, 2xx, or a list of such.
[[nodiscard]] std::vector<std::pair<int, int>> read_statuses(Members& members, const char* key,
                                                             PresetDiagnostics& diagnostics);

// One condition or a list, under `when` or the like.
[[nodiscard]] std::vector<crm::Condition> read_conditions(Members& members, const char* key,
                                                          PresetDiagnostics& diagnostics);

[[nodiscard]] std::vector<crm::KeyMatch> read_key_matches(Members& members, const char* key,
                                                          const PlaceholderContext& item, PresetTexts& texts,
                                                          PresetDiagnostics& diagnostics);

[[nodiscard]] std::vector<crm::VerdictRule> read_verdicts(Members& members, const char* key,
                                                          PresetDiagnostics& diagnostics);

// Names of saved values, each with the place of its value.
[[nodiscard]] std::map<std::string, crm::Locator> read_saves(Members& members, const char* key,
                                                             PresetDiagnostics& diagnostics);

}  // namespace elit::config
