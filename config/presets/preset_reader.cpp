#include "config/presets/preset_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "config/presets/preset_checks.hpp"
#include "config/presets/preset_credentials.hpp"
#include "config/presets/preset_layers.hpp"
#include "config/presets/preset_rules.hpp"
#include "config/presets/preset_steps.hpp"
#include "config/presets/shipped_presets.hpp"
#include "config/yaml/text_rules.hpp"
#include "core/check.hpp"
#include "core/crm/template.hpp"

namespace elit::config {
namespace {

constexpr YamlForm preset_form{32, "preset", "steps"};
static_assert(preset_form.nesting_max <= crm::tree_depth_max, "a tree that was read is rendered as a whole");

std::string file_of_shipped(const std::string& name) {
  return fmt::format("{}.yaml (shipped)", name);
}

class PresetReader {
 public:
  PresetReader(const Node& root, std::string name, PresetDiagnostics& diagnostics)
      : root_(root),
        members_(root, "", preset_map::preset(), diagnostics),
        diagnostics_(diagnostics),
        texts_(diagnostics) {
    preset_.name = std::move(name);
  }

  crm::Preset read() {
    preset_.title = members_.text("title", preset_.name);
    preset_.doc = members_.text("doc");
    preset_.fields_as_text = members_.flag("fields_as_text", false);
    preset_.guarantee = members_.text("guarantee");
    read_settings();
    if (const Node* url = members_.find("url")) {
      preset_.url = texts_.text(*url, "url", PlaceholderContext{});
    }
    preset_.credentials = read_credentials(members_, texts_, diagnostics_);
    read_units();
    read_text_form();
    read_fields();
    preset_.verdicts = read_verdicts(members_, "verdicts", diagnostics_);
    preset_.item_verdicts = read_verdicts(members_, "item_verdicts", diagnostics_);
    read_pace();
    read_all_steps();
    members_.finish();
    return std::move(preset_);
  }

 private:
  void read_settings() {
    members_.entries("settings", [&](const Entry& entry, const std::string& path) {
      crm::Setting setting;
      setting.name = entry.key;
      Members members(entry.value, path, preset_map::setting(), diagnostics_);
      setting.doc = members.text("doc");
      setting.value = members.text_if_any("default");
      setting.choices = members.texts("choices");
      const auto& choices = setting.choices;
      if (setting.value && !choices.empty() &&
          std::find(choices.begin(), choices.end(), *setting.value) == choices.end()) {
        members.report("default", fmt::format("must be one of the choices: {}", fmt::join(choices, ", ")));
      }
      members.finish();
      if (entry.key == "url" || !is_setting_name(entry.key)) {
        diagnostics_.report(entry.place, path, "must be a name of small letters, digits and _, and not url");
      }
      texts_.vocabulary.settings.insert(entry.key);
      preset_.settings.push_back(std::move(setting));
    });
  }

  static bool is_setting_name(const std::string& name) {
    return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char byte) {
      return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
    });
  }

  void read_units() {
    std::set<crm::DeliveryUnit> units;
    for (const std::size_t word : members_.words("units")) {
      units.insert(static_cast<crm::DeliveryUnit>(word));
    }
    if (!units.empty()) {
      preset_.units = units;
    }
    preset_.unit = *preset_.units.begin();
    preset_.unit = members_.choice("unit", preset_.unit);
    if (!preset_.units.contains(preset_.unit)) {
      members_.report("unit", "must be one of `units`");
    }
  }

  void read_text_form() {
    const Node* node = members_.find("text");
    if (node == nullptr) {
      return;
    }
    Members members(*node, "text", preset_map::text_form(), diagnostics_);
    preset_.text.html = members.word("form") == std::size_t{1};
    preset_.text.limit = static_cast<std::size_t>(members.whole("limit", 0));
    preset_.text.limit_unit = members.choice("limit_unit", TextUnit::code_points);
    if (preset_.text.limit != 0 && preset_.text.limit < 500) {
      members.report("limit", "must be 0 or at least 500: what is shorter holds no transcript");
    }
    members.finish();
  }

  void read_fields() {
    PlaceholderContext context;
    context.item = PlaceholderContext::Item::contact;
    context.mapped = false;
    members_.entries("fields", [&](const Entry& entry, const std::string& path) {
      (void)texts_.text(entry.value, path, context);
      preset_.fields[entry.key] = entry.value.text;
    });
  }

  void read_pace() {
    const Node* node = members_.find("pace");
    if (node == nullptr) {
      return;
    }
    Members members(*node, "pace", preset_map::pace(), diagnostics_);
    crm::PaceRules& pace = preset_.pace;
    pace.requests = static_cast<int>(members.whole("requests", 0));
    pace.window = members.duration("window").value_or(Milliseconds{0});
    pace.concurrency = static_cast<int>(members.whole("concurrency", 0));
    if ((pace.requests > 0) != (pace.window.count() > 0)) {
      members.report(pace.requests > 0 ? "requests" : "window", "needs the other one of requests and window");
    }
    if (const Node* budget = members.find("budget")) {
      pace.budget = read_budget(*budget);
    }
    if (const Node* burst = members.find("burst")) {
      pace.burst = read_burst(*burst);
    }
    members.finish();
  }

  crm::PaceRules::Budget read_budget(const Node& node) {
    crm::PaceRules::Budget budget;
    Members members(node, "pace.budget", preset_map::budget(), diagnostics_);
    const auto remaining = read_locator(members, "remaining", diagnostics_);
    const auto limit = read_locator(members, "limit", diagnostics_);
    budget.remaining = remaining.value_or(crm::Locator{});
    budget.limit = limit.value_or(crm::Locator{});
    budget.limit_known = members.whole("limit_known", 0);
    budget.used = read_locator(members, "used", diagnostics_);
    budget.reserve = members.real("reserve", budget.reserve);
    budget.wait = members.duration("wait").value_or(budget.wait);
    if (members.sound() && !remaining && !budget.used) {
      diagnostics_.report(node, "pace.budget", "does not say how much is left: add remaining, or used");
    }
    if (members.sound() && !limit && budget.limit_known == 0) {
      diagnostics_.report(node, "pace.budget", "does not say how much there is: add limit, or limit_known");
    }
    members.finish();
    return budget;
  }

  crm::PaceRules::Burst read_burst(const Node& node) {
    crm::PaceRules::Burst burst;
    Members members(node, "pace.burst", preset_map::burst(), diagnostics_);
    if (const Node* remaining = members.need("remaining", "add remaining: {header: NAME}")) {
      burst.remaining = read_locator(*remaining, "pace.burst.remaining", diagnostics_);
    }
    burst.reset = read_locator(members, "reset", diagnostics_);
    burst.unit = members.choice("unit", burst.unit);
    members.finish();
    return burst;
  }

  void read_all_steps() {
    const Node* list = members_.need("steps", "add the requests that write contacts and activities, in their order");
    if (list == nullptr) {
      return;
    }
    const std::vector<PlacedStep> steps = read_steps(*list, "steps", texts_, diagnostics_);
    if (steps.empty() && list->kind == Node::Kind::sequence) {
      diagnostics_.report(*list, "steps", "is empty: at least one step has to write activities");
    }
    check_preset(preset_, steps, root_, diagnostics_);
    for (const PlacedStep& placed : steps) {
      preset_.steps.push_back(placed.step);
    }
  }

  const Node& root_;
  Members members_;
  PresetDiagnostics& diagnostics_;
  PresetTexts texts_;
  crm::Preset preset_;
};

// Takes `extends` out of the map and adds the preset it names as the second layer. False: there is no such preset.
bool take_base(Node& root, std::vector<PresetText>& layers, std::vector<Diagnostic>& mistakes) {
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
  std::vector<PresetText> layers{{file, text}};
  Tree tree = parse_yaml(text, file, preset_form);
  tree.root.place = {};
  const bool whole = tree.readable && take_base(tree.root, layers, tree.mistakes);
  PresetDiagnostics diagnostics(layers);
  for (Diagnostic& mistake : tree.mistakes) {
    diagnostics.take(std::move(mistake));
  }
  if (whole && layers.size() > 1) {
    tree.root = lay_over(parse_yaml(layers[1].text, layers[1].file, preset_form).root, tree.root, diagnostics);
  }
  if (whole) {
    read.preset = PresetReader(tree.root, name, diagnostics).read();
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
