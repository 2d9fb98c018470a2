#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/yaml/diagnostic.hpp"
#include "core/crm/preset.hpp"

namespace elit::config {

// A preset as it was read. Either `preset` holds a value or `mistakes` is not empty.
struct PresetRead {
  std::optional<crm::Preset> preset;
  std::vector<Diagnostic> mistakes;  // all of them, by file and place
};

// Reads a preset (config/crm/README.md describes the language), laid over the shipped one that it extends, if any.
// `file` is the name that its mistakes carry, `name` the preset's own. Never throws for what the text holds.
[[nodiscard]] PresetRead read_preset(const std::string& text, const std::string& file, const std::string& name);

// The shipped preset of that name, read once. Requires: there is one. Presets are tested, so there are no mistakes in
// it. From any thread.
[[nodiscard]] const PresetRead& read_shipped_preset(const std::string& name);

}  // namespace elit::config
