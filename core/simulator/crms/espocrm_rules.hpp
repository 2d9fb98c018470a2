#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>
#include <string_view>

#include "core/http_message.hpp"

// What EspoCRM requires of the values of records, and how it refuses them.
namespace elit::simulator {

inline constexpr std::string_view espo_key_field = "cElitKey";

// The name of a parameter of a list: where[0][type].
[[nodiscard]] std::string espo_where(int number, const char* part);
[[nodiscard]] bool espo_knows(const std::string& entity);
[[nodiscard]] bool espo_has_field(const std::string& entity, const std::string& field);
// The first required field without a value; empty: there is none.
[[nodiscard]] std::string espo_missing_field(const std::string& entity, const boost::json::object& values);
// The rule that the value of the field breaks: maxLength, pattern, valid; empty: none.
[[nodiscard]] std::string espo_broken_rule(std::string_view field, const boost::json::value& value);
[[nodiscard]] std::set<std::string> espo_contacts_of(const boost::json::object& values);

// A refusal; `body` may be null.
[[nodiscard]] HttpResponse espo_refusal(int status, std::string reason, const boost::json::value& body);
[[nodiscard]] HttpResponse espo_invalid(const std::string& entity, const std::string& field, const std::string& rule);

}  // namespace elit::simulator
