#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elit::config {

// A preset that is part of the program: the file config/crm/NAME.yaml.
struct ShippedPreset {
  const char* name;
  const char* text;
};

// The build generates the definition from the files.
[[nodiscard]] std::span<const ShippedPreset> shipped_presets();

// In their order.
[[nodiscard]] inline std::vector<std::string> shipped_preset_names() {
  std::vector<std::string> names;
  for (const ShippedPreset& preset : shipped_presets()) {
    names.emplace_back(preset.name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

[[nodiscard]] inline std::optional<std::string> shipped_preset_text(std::string_view name) {
  for (const ShippedPreset& preset : shipped_presets()) {
    if (preset.name == name) {
      return preset.text;
    }
  }
  return std::nullopt;
}

}  // namespace elit::config
