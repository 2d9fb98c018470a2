#include "core/simulator/crms/json_body.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

#include "core/simulator/reply.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view(name.data(), name.size()));
}

}  // namespace

std::optional<json::object> read_json_object(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

const json::object* object_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<std::string> text_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  if (value == nullptr || !value->is_string()) {
    return std::nullopt;
  }
  return to_text(value->get_string());
}

std::string to_text(const json::string& text) {
  return {text.data(), text.size()};
}

HttpResponse json_answer(int status, const json::value& body) {
  return json_reply(status, json::serialize(body)).answer;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0U) == 0x80U;
    // Four bytes of UTF-8 are two UTF-16 units.
    length += continues ? 0U : (byte >= 0xF0U ? 2U : 1U);
  }
  return length;
}

}  // namespace elit::simulator
