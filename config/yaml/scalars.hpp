#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/instant.hpp"

namespace elit::config {

// Either what a scalar means or why it means nothing, in words that follow the key: "has no unit: write 30s".
template <class T>
using Reading = std::variant<T, std::string>;

// Durations are a whole number and a unit: 500ms, 90s, 2m, 1h, 7d. Nothing has no unit but 0.
[[nodiscard]] Reading<Milliseconds> read_duration(const std::string& text);

// Sizes are a whole number and a unit: 512B, 64KiB, 8MiB, 1GiB.
[[nodiscard]] Reading<std::int64_t> read_size(const std::string& text);

// Instants are RFC 3339 in UTC, with Z or +00:00; digits below the millisecond are dropped. `now` bounds the future:
// more than a day ahead is refused.
[[nodiscard]] Reading<Instant> read_instant(const std::string& text, Instant now);

// The largest unit that divides the duration evenly, such as 90s, 2m, 7d.
[[nodiscard]] std::string duration_text(Milliseconds duration);
[[nodiscard]] std::string size_text(std::int64_t bytes);

[[nodiscard]] Reading<std::int64_t> read_whole(const std::string& text);
[[nodiscard]] Reading<double> read_real(const std::string& text);

// Why unquoted `text` must be quoted to be read as text: YAML readers would take it for a number and change it (0042,
// 1e5, 0x1F, 1.10). `booleans`: true and false are refused too. Absent: it is the same either way.
[[nodiscard]] std::optional<std::string> needs_quotes(const std::string& text, bool booleans);

}  // namespace elit::config
