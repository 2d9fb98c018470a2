#include "core/crm/record_values.hpp"

#include <boost/json/parse.hpp>

namespace elit::crm {

namespace json = boost::json;

bool is_empty(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty());
}

bool has_value(const json::object& fields, const std::string& name) {
  const json::value* value = fields.if_contains(name);
  return value != nullptr && !is_empty(*value) && *value != json::value(false);
}

json::value saved_value(const std::string& text) {
  if (text.starts_with('[')) {
    boost::system::error_code error;
    json::value list = json::parse(text, error);
    if (!error && list.is_array()) {
      return list;
    }
  }
  return json::value(text);
}

std::map<std::string, std::string> without_lists(std::map<std::string, std::string> saved) {
  std::erase_if(saved, [](const auto& each) { return each.second.starts_with('['); });
  return saved;
}

}  // namespace elit::crm
