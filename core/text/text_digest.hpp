#pragma once

#include <string>
#include <string_view>

namespace elit {

// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

// The UUID of `name` in the namespace `name_space`, in the form with hyphens (RFC 4122 section 4.3, version 5).
// Requires: `name_space` is a UUID in the same form.
[[nodiscard]] std::string name_based_uuid(std::string_view name_space, std::string_view name);

}  // namespace elit
