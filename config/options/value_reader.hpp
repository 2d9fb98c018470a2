#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/options/option.hpp"
#include "config/yaml/diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// What reading a value depends on beside its node.
struct ReadContext {
  std::filesystem::path directory;  // absolute; relative paths are relative to it
  Instant now;                      // bounds what instants may be named
};

// The value of one option that is no group and no list. Mistakes go to `diagnostics`, all of them; then absent.
[[nodiscard]] std::optional<Value> read_value(const Option& option, const Node& node, const std::string& path,
                                              const ReadContext& context, Diagnostics& diagnostics);

}  // namespace elit::config
