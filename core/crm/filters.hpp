#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// What may follow a bar in a placeholder: functions from one value to another. config/crm/REFERENCE.md lists them, from
// the table in filters.cpp.
namespace elit::crm {

struct FilterDoc {
  std::string_view name;
  std::string_view arguments;  // what it takes, in words
  std::string_view doc;        // what it gives, in Markdown
};

// All filters.
[[nodiscard]] std::vector<FilterDoc> filter_docs();

// Empty when there is such a filter and it takes these arguments; else what is wrong, with a suggestion for a typo.
[[nodiscard]] std::string filter_mistake(std::string_view name, const std::vector<std::string>& arguments);

// Requires: filter_mistake() is empty for it.
[[nodiscard]] boost::json::value apply_filter(std::string_view name, const std::vector<std::string>& arguments,
                                              const boost::json::value& value);

// The namespace of our name-based UUIDs, made once at random. It never changes: records of CRMs are found by them.
inline constexpr std::string_view uuid_namespace = "b2c99aaf-abfb-4350-add5-baa1df7a1b97";

// A value as text: null is empty, a number or flag as JSON writes it, a list or object as JSON.
[[nodiscard]] std::string text_of(const boost::json::value& value);

// Null, false, or an empty text, list or object.
[[nodiscard]] bool is_blank(const boost::json::value& value);

}  // namespace elit::crm
