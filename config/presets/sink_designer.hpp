#pragma once

#include <memory>
#include <string>

#include "config/presets/preset_diagnostics.hpp"
#include "config/yaml/diagnostics.hpp"
#include "core/crm/sink_design.hpp"
#include "core/options.hpp"

namespace elit::config {

// What a sink's options make of its preset. `path`: of the sink, to report at its keys. Null after a mistake.
[[nodiscard]] std::shared_ptr<const crm::SinkDesign> design_sink(const crm::Preset& preset, const SinkOptions& sink,
                                                                 const std::string& path,
                                                                 const PresetText& configuration,
                                                                 Diagnostics& diagnostics);

}  // namespace elit::config
