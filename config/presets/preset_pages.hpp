#pragma once

#include <string>

namespace elit::config {

// A page for each shipped preset, as Markdown: what it writes and needs, what it guarantees, its secrets, settings and
// fields, and a sink to begin with. It is the shipped config/crm/PRESETS.md.
[[nodiscard]] std::string preset_pages_markdown();

}  // namespace elit::config
