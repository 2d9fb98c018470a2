#include "core/simulator/setting_request.hpp"

#include <boost/json/parse.hpp>

#include "core/simulator/world.hpp"

namespace elit::simulator {

namespace json = boost::json;

Reply mistake_reply(const std::string& what) {
  return json_reply(400, R"({"error":)" + json_string(what) + "}");
}

std::optional<json::object> read_changes(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

std::string setting_text(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    return std::string(text->data(), text->size());
  }
  // serialize() would write a fraction with an exponent.
  return value.is_double() ? decimal_text(value.get_double()) : json::serialize(value);
}

}  // namespace elit::simulator
