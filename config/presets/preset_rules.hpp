#pragma once

#include <optional>
#include <string>
#include <utility>

#include "config/presets/preset_kinds.hpp"
#include "config/yaml/section.hpp"
#include "core/crm/preset.hpp"

// What the table of presets (preset_table.cpp) cannot say: which names placeholders may use inside a map (begin_...),
// and the rules across the keys of a map, with values that follow from several keys (finish_...).
namespace elit::config {

[[nodiscard]] PresetContext begin_preset(const Node& node, const PresetContext& outer);
[[nodiscard]] PresetContext begin_credential(const Node& node, const PresetContext& outer);
[[nodiscard]] PresetContext begin_token(const Node& node, const PresetContext& outer);
[[nodiscard]] PresetContext begin_assertion(const Node& node, const PresetContext& outer);
[[nodiscard]] PresetContext begin_step(const Node& node, const PresetContext& outer);

void finish_preset(crm::Preset& preset, const ReadMap& map, const PresetContext& context);
void finish_setting(crm::Setting& setting, const ReadMap& map, const PresetContext& context);
void finish_credential(crm::Credential& credential, const ReadMap& map, const PresetContext& context);
void finish_assertion(crm::Credential::Assertion& assertion, const ReadMap& map, const PresetContext& context);
void finish_text_form(crm::TextForm& form, const ReadMap& map, const PresetContext& context);
void finish_pace(crm::PaceRules& pace, const ReadMap& map, const PresetContext& context);
void finish_budget(crm::PaceRules::Budget& budget, const ReadMap& map, const PresetContext& context);
void finish_step(crm::Step& step, const ReadMap& map, const PresetContext& context);
void finish_locator(crm::Locator& locator, const ReadMap& map, const PresetContext& context);
void finish_condition(crm::Condition& condition, const ReadMap& map, const PresetContext& context);
void finish_verdict_rule(crm::VerdictRule& rule, const ReadMap& map, const PresetContext& context);
void finish_errors(crm::ErrorList& errors, const ReadMap& map, const PresetContext& context);
void finish_reply(crm::ReplyMap& reply, const ReadMap& map, const PresetContext& context);
void finish_find(crm::FindMap& find, const ReadMap& map, const PresetContext& context);

// `standard`: the format of a body that names none.
void finish_body(crm::BodyFormat& format, crm::BodyFormat standard, const ReadMap& map);

[[nodiscard]] std::optional<std::string> setting_name_problem(const std::string& name);
[[nodiscard]] std::optional<std::string> saved_name_problem(const std::string& name);

}  // namespace elit::config
