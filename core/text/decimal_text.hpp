#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elit {

// A decimal number without loss: (-1)^negative * digits * 10^exponent. `digits` has no leading or trailing zeros and is
// empty for zero, whose exponent is 0.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
  bool operator==(const Decimal&) const = default;
};

// Reads [-+]digits[.digits][e[-+]digits]; at least one digit before or after the point. Absent for anything else, and
// for an exponent beyond 10^15 either way.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

// `12.5`, `919812345678`: no exponent, no needless zeros; `0` for both zeros. Absent when that takes more than 64
// characters.
[[nodiscard]] std::optional<std::string> to_plain_text(const Decimal& decimal);

}  // namespace elit
