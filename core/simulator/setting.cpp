#include "core/simulator/setting.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace elit::simulator {
namespace {

std::optional<Milliseconds> seconds_of(std::string_view text) {
  const std::optional<double> seconds = parse_decimal(text);
  if (!seconds || *seconds < 0 || *seconds > 1e9) {
    return std::nullopt;
  }
  return Milliseconds{static_cast<std::int64_t>(std::llround(*seconds * 1000))};
}

std::string seconds_text(Milliseconds span) {
  return decimal_text(static_cast<double>(span.count()) / 1000);
}

}  // namespace

std::optional<Toggle> parse_toggle(std::string_view text) {
  if (text == "yes" || text == "true" || text == "no" || text == "false") {
    return Toggle{text == "yes" || text == "true", std::nullopt, std::nullopt};
  }
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<Milliseconds> from = seconds_of(text.substr(0, dots));
  const std::optional<Milliseconds> to = seconds_of(text.substr(dots + 2));
  if (!from || !to || *to <= *from) {
    return std::nullopt;
  }
  return Toggle{false, from, to};
}

std::string to_string(const Toggle& toggle) {
  if (toggle.on || !toggle.from) {
    return toggle.on ? "yes" : "no";
  }
  return seconds_text(*toggle.from) + ".." + seconds_text(*toggle.to);
}

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::string decimal_text(double number) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.10g", number);
  return buffer.data();
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string list;
  for (const std::string_view name : names) {
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  return list;
}

}  // namespace elit::simulator
