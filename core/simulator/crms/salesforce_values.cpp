#include "core/simulator/crms/salesforce_values.hpp"

#include <string_view>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/text/time_text.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

const char* wanted_type(SalesforceType type) {
  switch (type) {
    case SalesforceType::date:
      return "date";
    case SalesforceType::datetime:
      return "datetime";
    case SalesforceType::number:
      return "double";
    default:
      return "string";
  }
}

const char* given_type(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return "VALUE_STRING";
    case json::kind::bool_:
      return value.get_bool() ? "VALUE_TRUE" : "VALUE_FALSE";
    case json::kind::double_:
      return "VALUE_NUMBER_FLOAT";
    case json::kind::object:
      return "START_OBJECT";
    case json::kind::array:
      return "START_ARRAY";
    default:
      return "VALUE_NUMBER_INT";
  }
}

bool is_date(std::string_view text) {
  return text.size() == 10 && parse_rfc3339(std::string(text) + "T00:00:00Z").has_value();
}

// The T between date and time is required.
bool is_datetime(std::string_view text) {
  return text.size() > 10 && text[10] == 'T' && parse_rfc3339(text).has_value();
}

bool has_the_form(SalesforceType type, const json::value& value) {
  const json::string* text = value.if_string();
  switch (type) {
    case SalesforceType::number:
      return value.is_number();
    case SalesforceType::date:
      return text != nullptr && is_date(view_of(*text));
    case SalesforceType::datetime:
      return text != nullptr && is_datetime(view_of(*text));
    default:
      return text != nullptr;
  }
}

bool is_email(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view host = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return at != std::string_view::npos && at > 0 && text.find_first_of(" \t,;<>") == std::string_view::npos &&
         host.find('@') == std::string_view::npos && host.find('.') != std::string_view::npos && host.back() != '.' &&
         host.front() != '.';
}

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

std::string label_of(const SalesforceField& field) {
  std::string_view name = field.name;
  if (name.ends_with("__c")) {
    name.remove_suffix(3);
  }
  std::string label;
  for (const char c : name) {
    if (is_capital(c) && !label.empty() && label.back() != ' ') {
      label += ' ';
    }
    label += c == '_' ? ' ' : c;
  }
  return label;
}

std::optional<SalesforceError> unreadable(const SalesforceField& field, const json::value& value) {
  if (value.is_null() || has_the_form(field.type, value)) {
    return std::nullopt;
  }
  SalesforceError error;
  error.code = "JSON_PARSER_ERROR";
  error.message = std::string("Cannot deserialize instance of ") + wanted_type(field.type) + " from " +
                  given_type(value) + " value " +
                  (value.is_string() ? std::string(view_of(value.get_string())) : std::string(given_type(value))) +
                  " or request may be missing a required field";
  return error;
}

std::optional<SalesforceError> unacceptable(const SalesforceField& field, const json::value& value,
                                            int text_area_length) {
  const json::string* string = value.if_string();
  const std::string_view text = string == nullptr ? std::string_view{} : trimmed(view_of(*string));
  SalesforceError error;
  error.fields.push_back(field.name);
  if (field.required && text.empty()) {
    error.code = "REQUIRED_FIELD_MISSING";
    error.message = "Required fields are missing: [" + field.name + "]";
    return error;
  }
  const bool replaced = field.type == SalesforceType::text_area && text_area_length > 0;
  const int length = replaced ? text_area_length : field.length;
  if (length > 0 && utf16_length(text) > static_cast<std::size_t>(length)) {
    error.code = "STRING_TOO_LONG";
    error.message = label_of(field) + ": data value too large: " + std::string(text) +
                    " (max length=" + std::to_string(length) + ")";
    return error;
  }
  if (field.type == SalesforceType::email && !text.empty() && !is_email(text)) {
    error.code = "INVALID_EMAIL_ADDRESS";
    error.message = label_of(field) + ": invalid email address: " + std::string(text);
    return error;
  }
  return std::nullopt;
}

json::value stored(const json::value& value) {
  const json::string* text = value.if_string();
  if (text == nullptr) {
    return value;
  }
  const std::string_view kept = trimmed(view_of(*text));
  return kept.empty() ? json::value(nullptr) : json::value(json::string_view(kept.data(), kept.size()));
}

}  // namespace elit::simulator
