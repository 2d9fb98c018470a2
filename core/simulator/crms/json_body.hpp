#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/http_message.hpp"

// Bodies of requests and answers of CRMs as JSON.
namespace elit::simulator {

// The body as a JSON object; absent when it is anything else.
[[nodiscard]] std::optional<boost::json::object> read_json_object(const std::string& body);

// A member that is an object, an array or a text; null or absent when it is missing or of another kind. The pointers
// are valid as long as `object`.
[[nodiscard]] const boost::json::object* object_member(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::array* array_member(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::optional<std::string> text_member(const boost::json::object& object, std::string_view name);

[[nodiscard]] std::string to_text(const boost::json::string& text);

[[nodiscard]] HttpResponse json_answer(int status, const boost::json::value& body);

// The length of a UTF-8 text in UTF-16 units, as Java and JavaScript count it.
[[nodiscard]] std::size_t utf16_length(std::string_view text);

}  // namespace elit::simulator
