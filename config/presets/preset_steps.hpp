#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/presets/preset_members.hpp"
#include "config/presets/preset_texts.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// A step with its place, for rules between steps.
struct PlacedStep {
  crm::Step step;
  const Node* node = nullptr;
  std::string path;
};

// Reads the list of steps. Adds the values that steps save to `texts.vocabulary`, which must hold
// the settings and credentials.
[[nodiscard]] std::vector<PlacedStep> read_steps(const Node& list, const std::string& path, PresetTexts& texts,
                                                 PresetDiagnostics& diagnostics);

// Header or query names with their texts. A header whose name suggests a secret has to take it from a
// placeholder.
[[nodiscard]] std::vector<std::pair<std::string, crm::Text>> read_headers(Members& members,
                                                                          const PlaceholderContext& context,
                                                                          PresetTexts& texts,
                                                                          PresetDiagnostics& diagnostics);
[[nodiscard]] std::vector<std::pair<std::string, crm::Text>> read_query(Members& members,
                                                                        const PlaceholderContext& context,
                                                                        PresetTexts& texts);

// `format` and `body`. `standard`: the format of a body that names none.
struct BodyRead {
  crm::BodyFormat format = crm::BodyFormat::none;
  crm::Tree body;
};
[[nodiscard]] BodyRead read_body(Members& members, crm::BodyFormat standard, const PlaceholderContext& context,
                                 const PlaceholderContext& each_item, PresetTexts& texts);

}  // namespace elit::config
