#pragma once

#include <string>
#include <string_view>

namespace elit {

// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

// The UUID of `name` in the namespace, a UUID in its usual form with hyphens (RFC 4122 section 4.3, version 5).
// Requires: `name_space` is one.
[[nodiscard]] std::string name_based_uuid(std::string_view name_space, std::string_view name);

}  // namespace elit
