#include <stdexcept>
#include <string>

#include "core/check.hpp"

namespace elit {

// Stands in for the product's check, which ends the process: here a bug it finds is a case that fails, and is made
// small like any other.
void check(bool condition, std::string_view message, std::source_location place) {
  if (!condition) {
    throw std::logic_error("check: " + std::string(message) + " (" + place.file_name() + ":" +
                           std::to_string(place.line()) + ")");
  }
}

}  // namespace elit
