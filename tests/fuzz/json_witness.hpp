#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

// A second opinion on JSON: what Boost.JSON's tree says about a text that our scanner reads.
namespace elit::fuzz {

// The value in `text`; absent when Boost.JSON does not take it for JSON.
[[nodiscard]] std::optional<boost::json::value> witness(std::string_view text);

// The elements of all arrays at any depth.
[[nodiscard]] std::size_t array_elements(const boost::json::value& value);

[[nodiscard]] bool has_empty_array(const boost::json::value& value);

// The same for a text of any kind: whether brackets stand in it with nothing between.
[[nodiscard]] bool has_empty_brackets(std::string_view text);

// Whether a number is written in a way that a double may not keep.
[[nodiscard]] bool has_double(const boost::json::value& value);

// The contents of all strings and the digits of all integers at any depth.
[[nodiscard]] std::set<std::string> scalar_texts(const boost::json::value& value);

}  // namespace elit::fuzz
