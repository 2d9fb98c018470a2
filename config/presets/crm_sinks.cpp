#include "config/presets/crm_sinks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "config/presets/preset_reader.hpp"
#include "config/presets/sink_designer.hpp"
#include "config/yaml/file_text.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/text/text_digest.hpp"

namespace elit::config {
namespace {

// Presets by name or file; each is read once.
class Presets {
 public:
  explicit Presets(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // Null after a mistake.
  const crm::Preset* shipped(const std::string& name) {
    const auto [place, is_new] = read_.try_emplace(name);
    if (is_new) {
      keep(place->second, read_shipped_preset(name));
    }
    return place->second ? &*place->second : nullptr;
  }

  // `key`: of the option that names the file.
  const crm::Preset* own(const std::string& file, const std::string& key, std::string& digest) {
    const FileText content = read_text_file(file);
    if (!content.text) {
      diagnostics_.report_at("", key, {}, fmt::format("{} {}", file, content.problem));
      return nullptr;
    }
    digest = sha256_hex(*content.text);
    const auto [place, is_new] = read_.try_emplace(file);
    if (is_new) {
      keep(place->second, read_preset(*content.text, file, std::filesystem::path(file).stem().string()));
    }
    return place->second ? &*place->second : nullptr;
  }

  [[nodiscard]] std::vector<Diagnostic> take_entries() { return std::move(mistakes_); }

 private:
  void keep(std::optional<crm::Preset>& place, PresetRead read) {
    place = std::move(read.preset);
    std::move(read.mistakes.begin(), read.mistakes.end(), std::back_inserter(mistakes_));
  }

  Diagnostics& diagnostics_;
  std::map<std::string, std::optional<crm::Preset>> read_;
  std::vector<Diagnostic> mistakes_;
};

}  // namespace

std::vector<Diagnostic> design_sinks(const std::vector<SinkOptions>& sinks, crm::SinkDesigns& designs,
                                     Diagnostics& diagnostics) {
  Presets presets(diagnostics);
  for (std::size_t index = 0; index < sinks.size(); ++index) {
    const SinkOptions& sink = sinks[index];
    const std::string path = path_of("sinks", index);
    if (sink.type != SinkType::crm || !diagnostics.sound(path_of(path, std::string("preset")))) {
      continue;
    }
    std::string digest;
    const crm::Preset* preset = sink.crm == "custom"
                                    ? presets.own(sink.preset, path_of(path, std::string("preset")), digest)
                                    : presets.shipped(sink.crm);
    if (preset == nullptr) {
      continue;
    }
    if (std::optional<crm::SinkDesign> design = design_sink(*preset, sink, path, diagnostics)) {
      design->preset_digest = std::move(digest);
      designs.insert_or_assign(sink.name, *std::move(design));
    }
  }
  return presets.take_entries();
}

}  // namespace elit::config
