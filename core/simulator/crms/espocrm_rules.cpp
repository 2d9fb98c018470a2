#include "core/simulator/crms/espocrm_rules.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "core/ascii.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/text/utf8.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

struct Entity {
  std::vector<std::string> fields;
  // The name of the required field, and the attribute that holds its value.
  std::vector<std::pair<std::string, std::string>> required;
};

const std::map<std::string, Entity>& entities() {
  static const std::map<std::string, Entity> all{
      {"Contact", {{"cElitKey", "firstName", "lastName", "phoneNumber", "emailAddress"}, {{"lastName", "lastName"}}}},
      {"Call",
       {{"cElitKey", "name", "status", "dateStart", "dateEnd", "description", "direction", "assignedUserId"},
        {{"name", "name"}, {"dateStart", "dateStart"}, {"dateEnd", "dateEnd"}, {"assignedUser", "assignedUserId"}}}}};
  return all;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_phone(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
  return text.starts_with('+') && digits + 1 == text.size() && digits >= 8 && text.size() <= 36;
}

}  // namespace

std::string espo_where(int number, const char* part) {
  return "where[" + std::to_string(number) + "][" + part + "]";
}

bool espo_knows(const std::string& entity) {
  return entities().contains(entity);
}

bool espo_has_field(const std::string& entity, const std::string& field) {
  const std::vector<std::string>& fields = entities().at(entity).fields;
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

std::string espo_missing_field(const std::string& entity, const json::object& values) {
  for (const auto& [field, attribute] : entities().at(entity).required) {
    if (text_member(values, attribute).value_or("").empty()) {
      return field;
    }
  }
  return {};
}

std::string espo_broken_rule(std::string_view field, const json::value& value) {
  if (!value.is_string()) {
    return {};
  }
  const std::string text = to_text(value.get_string());
  if (field == "firstName" || field == "lastName") {
    return characters_in(text) > 100 ? "maxLength" : text.find_first_of("<>=") != std::string::npos ? "pattern" : "";
  }
  if (field == "phoneNumber") {
    return text.empty() || is_phone(text) ? "" : "valid";
  }
  const bool is_short = field == "name" || field == espo_key_field;
  return is_short && characters_in(text) > 255            ? "maxLength"
         : field == "description" && text.size() > 65'535 ? "maxLength"
                                                          : "";
}

std::set<std::string> espo_contacts_of(const json::object& values) {
  std::set<std::string> contacts;
  if (const json::array* ids = array_member(values, "contactsIds")) {
    for (const json::value& id : *ids) {
      contacts.insert(id.is_string() ? to_text(id.get_string()) : std::string{});
    }
  }
  return contacts;
}

HttpResponse espo_refusal(int status, std::string reason, const json::value& body) {
  HttpResponse refusal = body.is_null() ? HttpResponse{status, {}, ""} : json_answer(status, body);
  refusal.headers.push_back({"X-Status-Reason", std::move(reason)});
  return refusal;
}

HttpResponse espo_invalid(const std::string& entity, const std::string& field, const std::string& rule) {
  return espo_refusal(
      400, "Field validation failure; entityType: " + entity + ", field: " + field + ", type: " + rule + ".",
      json::object{
          {"messageTranslation",
           {{"label", "validationFailure"}, {"scope", nullptr}, {"data", {{"field", field}, {"type", rule}}}}}});
}

}  // namespace elit::simulator
