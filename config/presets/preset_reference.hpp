#pragma once

#include <string>

namespace elit::config {

// All keys of presets and all filters of placeholders as a page of Markdown.
[[nodiscard]] std::string preset_reference_markdown();

}  // namespace elit::config
