#pragma once

#include "config/options/option_kinds.hpp"
#include "config/yaml/section.hpp"
#include "core/options.hpp"

namespace elit::config {

// Every option: its key, its member, its kind and its meaning. It lives as long as the program.
[[nodiscard]] const Section<Options, OptionContext>& option_table();

}  // namespace elit::config
