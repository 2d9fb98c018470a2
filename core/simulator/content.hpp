#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace elit::simulator {

// A form of a `response` or a text in which the truth and the content of a CRM can be compared: JSON, also JSON inside
// a string, is written in one way (members sorted); NUL and U+FFFD are left out, because readers replace ill-formed
// bytes in different ways.
[[nodiscard]] std::string comparable_content(std::string_view text);
[[nodiscard]] std::string comparable_content(const boost::json::value& response);

}  // namespace elit::simulator
