#pragma once

#include <boost/json/value.hpp>

namespace elit::config {

// The JSON Schema (2020-12) of presets, for editors: the keys, their types, bounds and words. It does not know the
// rules between keys, nor which texts placeholders may stand in.
[[nodiscard]] boost::json::value preset_schema();

}  // namespace elit::config
