#pragma once

#include "config/yaml/diagnostics.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace elit::config {

// `over` laid over `base`: maps are merged member by member, at every depth; the steps of the outermost map by their
// names, where a new step follows the last one of its item and `remove: true` takes one away; anything else replaces
// what was there. A map that begins with a form such as $each replaces one that begins otherwise,
// and a plain map laid over $merge is one more part of it. Every node keeps its
// place; those of `base` get the layer 1.
[[nodiscard]] Node lay_over(Node base, const Node& over, Diagnostics& diagnostics);

}  // namespace elit::config
