#include <stdexcept>
#include <string>

#include "core/check.hpp"

namespace elit {

// Replaces the product's check, which ends the process. Here a failed check throws, so that the failing case is made
// smaller like any other.
void check(bool condition, std::string_view message, std::source_location place) {
  if (!condition) {
    throw std::logic_error("check: " + std::string(message) + " (" + place.file_name() + ":" +
                           std::to_string(place.line()) + ")");
  }
}

}  // namespace elit
