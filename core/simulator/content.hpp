#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace elit::simulator {

// Brings a `response` or a text into a form in which the truth and the content of a CRM can be compared: JSON, also
// inside a string, is written in one way (members sorted). NUL and U+FFFD are left out, because readers replace
// ill-formed bytes in different ways.
[[nodiscard]] std::string comparable_content(std::string_view text);
[[nodiscard]] std::string comparable_content(const boost::json::value& response);

}  // namespace elit::simulator
