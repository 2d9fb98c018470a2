#pragma once

#include <string>
#include <string_view>

// Letter case of A-Z in ASCII, independent of the locale. All other bytes stay as they are.
namespace elit {

[[nodiscard]] std::string to_lower_case(std::string_view text);

[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b);

}  // namespace elit
