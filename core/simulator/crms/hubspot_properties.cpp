#include "core/simulator/crms/hubspot_properties.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/text/time_text.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t unique_properties_max = 10;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

HubSpotError mistake(std::string message) {
  HubSpotError error;
  error.message = std::move(message);
  return error;
}

// HubSpot puts the reasons, as JSON, into the message.
HubSpotError invalid_value(const std::string& name, const char* code, const std::string& why) {
  json::object reason{{"isValid", false}, {"message", why}, {"error", code}, {"name", name}};
  json::array reasons;
  reasons.push_back(std::move(reason));
  return mistake("Property values were not valid: " + json::serialize(reasons));
}

std::optional<HubSpotError> activity_complaint(const std::string& object, const json::object& values, bool creating) {
  const std::optional<std::string> timestamp = text_member(values, "hs_timestamp");
  if (creating && !timestamp) {
    return invalid_value("hs_timestamp", "REQUIRED_FIELD", "hs_timestamp is required");
  }
  if (timestamp && !parse_timestamp(*timestamp)) {
    return invalid_value("hs_timestamp", "INVALID_DATE", "hs_timestamp is no instant: ISO 8601 or milliseconds");
  }
  if (object != "communications") {
    return std::nullopt;
  }
  const std::optional<std::string> channel = text_member(values, "hs_communication_channel_type");
  if (channel ? *channel != "WHATS_APP" && *channel != "SMS" && *channel != "LINKEDIN_MESSAGE" : creating) {
    return invalid_value("hs_communication_channel_type", "INVALID_OPTION",
                         "hs_communication_channel_type must be one of WHATS_APP, SMS, LINKEDIN_MESSAGE");
  }
  const std::optional<std::string> from = text_member(values, "hs_communication_logged_from");
  if (from ? *from != "CRM" : creating) {
    return invalid_value("hs_communication_logged_from", "INVALID_OPTION", "hs_communication_logged_from must be CRM");
  }
  return std::nullopt;
}

}  // namespace

HubSpotProperties::HubSpotProperties() {
  put("contacts", "email", "string", true);
  for (const char* name :
       {"firstname", "lastname", "phone", "mobilephone", "hs_whatsapp_phone_number", "company", "jobtitle", "website",
        "address", "city", "state", "zip", "country", "hs_language", "lifecyclestage", "hubspot_owner_id"}) {
    put("contacts", name, "string");
  }
  for (const char* object : {"communications", "notes"}) {
    put(object, "hs_timestamp", "datetime");
    put(object, "hubspot_owner_id", "enumeration");
    put(object, "hs_attachment_ids", "string");
  }
  put("communications", "hs_communication_channel_type", "enumeration");
  put("communications", "hs_communication_logged_from", "enumeration");
  put("communications", "hs_communication_body", "string");
  put("notes", "hs_note_body", "string");
}

void HubSpotProperties::put(const std::string& object, const std::string& name, const char* type, bool unique) {
  objects_[object][name] = json::object{{"name", name},
                                        {"label", name},
                                        {"type", type},
                                        {"fieldType", "text"},
                                        {"groupName", object + "information"},
                                        {"description", ""},
                                        {"options", json::array()},
                                        {"hasUniqueValue", unique},
                                        {"hidden", false},
                                        {"formField", false},
                                        {"archived", false}};
}

const json::object* HubSpotProperties::find(const std::string& object, const std::string& name) const {
  const auto properties = objects_.find(object);
  if (properties == objects_.end()) {
    return nullptr;
  }
  const auto property = properties->second.find(name);
  return property == properties->second.end() ? nullptr : &property->second;
}

bool HubSpotProperties::identifies(const std::string& object, const std::string& name) const {
  const json::object* property = find(object, name);
  return property != nullptr && property->at("hasUniqueValue").as_bool();
}

std::size_t HubSpotProperties::unique_count(const std::string& object) const {
  std::size_t count = 0;
  for (const auto& [name, property] : objects_.at(object)) {
    count += property.at("hasUniqueValue").as_bool() && name != "email" ? 1U : 0U;
  }
  return count;
}

std::optional<HubSpotError> HubSpotProperties::add(const std::string& object, const json::object& description,
                                                   bool unique_activities) {
  for (const char* name : {"groupName", "name", "label", "type", "fieldType"}) {
    if (!text_member(description, name)) {
      return mistake("Invalid input JSON: " + std::string(name) + " is required");
    }
  }
  const std::string name = *text_member(description, "name");
  if (!is_name(name)) {
    return mistake("A property name has lower-case letters, digits and underscores and begins with a letter");
  }
  if (find(object, name) != nullptr) {
    HubSpotError exists = mistake("A property named '" + name + "' already exists.");
    exists.status = 409;
    exists.category = "OBJECT_ALREADY_EXISTS";
    return exists;
  }
  const json::value* unique = description.if_contains("hasUniqueValue");
  if (unique != nullptr && !unique->is_bool()) {
    return mistake("Invalid input JSON: hasUniqueValue is a boolean");
  }
  const bool is_unique = unique != nullptr && unique->get_bool();
  if (is_unique && is_activity(object) && !unique_activities) {
    return mistake("Unique properties are not supported for " + object);
  }
  if (is_unique && unique_count(object) >= unique_properties_max) {
    return mistake("An object has at most 10 unique properties");
  }
  put(object, name, "string", is_unique);
  for (const auto& member : description) {
    objects_[object][name][member.key()] = member.value();
  }
  return std::nullopt;
}

std::optional<HubSpotError> HubSpotProperties::complaint(const std::string& object, const json::object& values,
                                                         bool creating, std::size_t text_length_max) const {
  for (const auto& property : values) {
    const std::string name(property.key().data(), property.key().size());
    const std::string value = to_text(property.value().as_string());
    if (find(object, name) == nullptr) {
      return invalid_value(name, "PROPERTY_DOESNT_EXIST", "Property \"" + name + "\" does not exist");
    }
    if (name == "email" && value.find('@') == std::string::npos) {
      return invalid_value(name, "INVALID_EMAIL", "Email address is invalid");
    }
    if (utf16_length(value) > text_length_max) {
      return invalid_value(name, "INVALID_LENGTH",
                           name + " was too long; the limit is " + std::to_string(text_length_max) + " characters");
    }
  }
  return is_activity(object) ? activity_complaint(object, values, creating) : std::nullopt;
}

}  // namespace elit::simulator
