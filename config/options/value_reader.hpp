#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/options/option.hpp"
#include "config/yaml/diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// What the reader of a value needs beside the node.
struct ReadContext {
  std::filesystem::path directory;  // absolute; relative paths are relative to it
  Instant now;                      // bounds the instants that may be named
};

// The value of one option that is no group and no list. Absent: it has mistakes, and all are in `diagnostics`.
[[nodiscard]] std::optional<Value> read_value(const Option& option, const Node& node, const std::string& path,
                                              const ReadContext& context, Diagnostics& diagnostics);

}  // namespace elit::config
