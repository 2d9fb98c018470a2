#include "config/presets/preset_reader.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <utility>

#include "config/presets/preset_layers.hpp"
#include "config/presets/preset_table.hpp"
#include "config/presets/shipped_presets.hpp"
#include "core/check.hpp"
#include "core/crm/template.hpp"

namespace elit::config {
namespace {

constexpr YamlForm preset_form{32, "preset", "steps"};
static_assert(preset_form.nesting_max <= crm::tree_depth_max, "a tree that was read is rendered as a whole");

std::string file_of_shipped(const std::string& name) {
  return fmt::format("{}.yaml (shipped)", name);
}

crm::Preset read_table(const Node& root, const std::string& name, Diagnostics& diagnostics) {
  crm::Preset preset;
  preset.name = preset.title = name;
  PresetTexts texts(diagnostics);
  PresetContext context{{diagnostics}, texts, {}};
  preset_table().read(root, "", context, preset);
  return preset;
}

// Takes `extends` out of the map and adds the preset it names as the second layer. False: there is no such preset.
bool take_base(Node& root, std::vector<SourceText>& layers, std::vector<Diagnostic>& mistakes) {
  const Entry* entry = root.find("extends");
  if (entry == nullptr) {
    return true;
  }
  const Node named = entry->value;
  std::erase_if(root.entries, [](const Entry& candidate) { return candidate.key == "extends"; });
  const std::optional<std::string> base = shipped_preset_text(named.text);
  if (!base) {
    mistakes.push_back(
        {layers.front().file, named.place.line, named.place.column, "extends",
         fmt::format("must be the name of a shipped preset{}", advice_on(named.text, shipped_preset_names()))});
    return false;
  }
  layers.push_back({file_of_shipped(named.text), *base});
  return true;
}

}  // namespace

PresetRead read_preset(const std::string& text, const std::string& file, const std::string& name) {
  PresetRead read;
  std::vector<SourceText> layers{{file, text}};
  Tree tree = parse_yaml(text, file, preset_form);
  tree.root.place = {};
  const bool whole = tree.readable && take_base(tree.root, layers, tree.mistakes);
  Diagnostics diagnostics(layers, true);
  for (Diagnostic& mistake : tree.mistakes) {
    diagnostics.take(std::move(mistake));
  }
  if (whole && layers.size() > 1) {
    tree.root = lay_over(parse_yaml(layers[1].text, layers[1].file, preset_form).root, tree.root, diagnostics);
  }
  if (whole) {
    read.preset = read_table(tree.root, name, diagnostics);
  }
  read.mistakes = diagnostics.take_entries();
  if (!read.mistakes.empty()) {
    read.preset.reset();
  }
  return read;
}

const PresetRead& read_shipped_preset(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, PresetRead> presets;
  const std::lock_guard lock(mutex);
  const auto [place, is_new] = presets.try_emplace(name);
  if (is_new) {
    const std::optional<std::string> text = shipped_preset_text(name);
    check(text.has_value(), "a preset was asked for that is not shipped: " + name);
    place->second = read_preset(*text, file_of_shipped(name), name);
  }
  return place->second;
}

}  // namespace elit::config
