#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The filters of placeholders, written after a bar: functions from one value to another. config/crm/REFERENCE.md lists
// them, from the table in filters.cpp.
namespace elit::crm {

struct FilterDoc {
  std::string_view name;
  std::string_view arguments;  // its arguments, in words
  std::string_view doc;        // its result, in Markdown
};

// All filters.
[[nodiscard]] std::vector<FilterDoc> filter_docs();

// What is wrong with the name or the arguments, with a suggestion for a typo; empty: nothing.
[[nodiscard]] std::string filter_mistake(std::string_view name, const std::vector<std::string>& arguments);

// Requires: filter_mistake() is empty for these arguments.
[[nodiscard]] boost::json::value apply_filter(std::string_view name, const std::vector<std::string>& arguments,
                                              const boost::json::value& value);

// The namespace of our name-based UUIDs, a random one. It never changes, because CRMs find records by these UUIDs.
inline constexpr std::string_view uuid_namespace = "b2c99aaf-abfb-4350-add5-baa1df7a1b97";

// A value as text: null is the empty text; any other value except a text is written as JSON.
[[nodiscard]] std::string text_of(const boost::json::value& value);

// Null, false, or an empty text, list or object.
[[nodiscard]] bool is_blank(const boost::json::value& value);

}  // namespace elit::crm
