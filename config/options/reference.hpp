#pragma once

#include <string>

namespace elit::config {

// The reference of all options as Markdown; the shipped config/reference.md is exactly this text.
[[nodiscard]] std::string reference_markdown();

}  // namespace elit::config
