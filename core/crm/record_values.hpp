#pragma once

#include <boost/json/value.hpp>

#include <map>
#include <string>

// Values of a CRM's records.
namespace elit::crm {

[[nodiscard]] bool is_empty(const boost::json::value& value);

// Whether the record has a value in the field. Odoo writes false where it has none.
[[nodiscard]] bool has_value(const boost::json::object& fields, const std::string& name);

// A saved value as placeholders see it: a list as a list.
[[nodiscard]] boost::json::value saved_value(const std::string& text);

// Lists are of use within one attempt only.
[[nodiscard]] std::map<std::string, std::string> without_lists(std::map<std::string, std::string> saved);

}  // namespace elit::crm
