#pragma once

#include <ostream>

#include "core/fetch/coverage.hpp"
#include "core/fetch/window_planner.hpp"

// Prints values of the product in reports of failed cases.
namespace elit {

inline void PrintTo(const Interval& interval, std::ostream* out) {
  *out << '[' << to_ms(interval.from) << ", " << to_ms(interval.to) << ')';
}

inline void PrintTo(const Present& present, std::ostream* out) {
  *out << "read to " << to_ms(present.read_to) << ", cover to " << to_ms(present.cover_to);
}

inline void PrintTo(const Window& window, std::ostream* out) {
  PrintTo(window.span, out);
  *out << " covering to " << to_ms(window.cover_to);
}

}  // namespace elit
