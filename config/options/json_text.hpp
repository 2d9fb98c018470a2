#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace elit::config {

// `value` over several lines with two blanks a level, members in their order, and a line feed at the end.
[[nodiscard]] std::string to_pretty_json(const boost::json::value& value);

}  // namespace elit::config
