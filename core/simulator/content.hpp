#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace elit::simulator {

// The content of a `response` or a text in a form in which the truth and what a CRM holds can be compared: JSON is
// written in one way (members sorted), whether it came as JSON or inside a string, and NUL and U+FFFD are left out,
// since readers replace ill-formed bytes in different ways.
[[nodiscard]] std::string comparable_content(std::string_view text);
[[nodiscard]] std::string comparable_content(const boost::json::value& response);

}  // namespace elit::simulator
