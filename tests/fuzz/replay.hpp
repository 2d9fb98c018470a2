#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace elit::fuzz {

// What libFuzzer calls for one input: returns 0, or ends the process when a promise is broken.
using TargetFunction = int(const std::uint8_t* data, std::size_t size);

// The fuzz targets by their names.
[[nodiscard]] const std::map<std::string, TargetFunction*>& targets();

}  // namespace elit::fuzz
