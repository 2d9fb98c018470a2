#pragma once

#include <string>
#include <string_view>

// The letters A-Z of ASCII without their case. All other bytes stand for themselves, and no locale has a say.
namespace elit {

[[nodiscard]] std::string to_lower_case(std::string_view text);

[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b);

}  // namespace elit
