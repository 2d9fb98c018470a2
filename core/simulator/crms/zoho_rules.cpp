#include "core/simulator/crms/zoho_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/crms/json_body.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

struct TextField {
  std::string_view name;
  std::size_t length_max;
};

constexpr std::array<TextField, 8> text_fields{{{"Last_Name", 80},
                                                {"First_Name", 40},
                                                {"Email", 100},
                                                {"Phone", 30},
                                                {"Mobile", 30},
                                                {"Name", 120},
                                                {"Note_Title", 120},
                                                {"Account_Name", 200}}};
constexpr std::size_t unique_field_length_max = 255;
constexpr std::array<std::string_view, 10> modules_without_upsert{
    "Notes", "Attachments", "Activities", "Users", "settings", "org", "bulk", "coql", "composite_requests", "actions"};

json::string text(std::string_view view) {
  return json::string(view.data(), view.size());
}

bool has_people(std::string_view module) {
  return module == "Contacts" || module == "Leads";
}

std::string path_of(std::size_t index, std::string_view field) {
  return "$.data[" + std::to_string(index) + "]." + std::string(field);
}

// The longest text of a field, and whether it accepts only texts.
std::pair<std::size_t, bool> kind_of(std::string_view field, std::size_t text_length_max) {
  for (const TextField& row : text_fields) {
    if (row.name == field) {
      return {row.length_max, true};
    }
  }
  if (field.starts_with("Elit")) {
    return {unique_field_length_max, true};
  }
  return {text_length_max, field == "Description" || field == "Note_Content"};
}

std::optional<json::object> missing(std::string_view field, const json::object& values, std::size_t index) {
  const json::value* value = values.if_contains(text(field));
  if (value != nullptr && !value->is_null() && !(value->is_string() && value->get_string().empty())) {
    return std::nullopt;
  }
  return zoho_error("MANDATORY_NOT_FOUND", "required field not found", zoho_place(field, path_of(index, field)));
}

std::optional<json::object> field_complaint(std::string_view field, const json::value& value, std::size_t index,
                                            std::size_t text_length_max) {
  const auto [length_max, only_text] = kind_of(field, text_length_max);
  if (value.is_null()) {
    return std::nullopt;
  }
  json::object place = zoho_place(field, path_of(index, field));
  if (!value.is_string()) {
    if (only_text) {
      place["expected_data_type"] = "text";
      return zoho_error("INVALID_DATA", "invalid data", std::move(place));
    }
    return std::nullopt;
  }
  const std::string written = to_text(value.get_string());
  if (utf16_length(written) > length_max) {
    place["maximum_length"] = length_max;
    return zoho_error("INVALID_DATA", "invalid data", std::move(place));
  }
  if (field == "Email" && !written.empty() && written.find('@') == std::string::npos) {
    place["expected_data_type"] = "email";
    return zoho_error("INVALID_DATA", "invalid data", std::move(place));
  }
  return std::nullopt;
}

}  // namespace

json::object zoho_error(std::string_view code, std::string_view message, json::object details) {
  json::object error{{"code", text(code)}, {"message", text(message)}, {"status", "error"}};
  error["details"] = std::move(details);
  return error;
}

HttpResponse zoho_refusal(int status, std::string_view code, std::string_view message, json::object details) {
  return json_answer(status, zoho_error(code, message, std::move(details)));
}

json::object zoho_place(std::string_view field, const std::string& json_path) {
  return {{"api_name", text(field)}, {"json_path", json_path}};
}

bool zoho_knows_module(std::string_view name) {
  const bool well_formed = !name.empty() && name.size() <= 25 &&
                           std::all_of(name.begin(), name.end(), [](char c) { return is_alphanumeric(c) || c == '_'; });
  return well_formed &&
         std::find(modules_without_upsert.begin(), modules_without_upsert.end(), name) == modules_without_upsert.end();
}

bool zoho_field_is_unique(std::string_view module, std::string_view field) {
  return field.starts_with("Elit") || (field == "Email" && has_people(module)) ||
         (field == "Account_Name" && module == "Accounts");
}

std::vector<std::string> zoho_duplicate_fields(std::string_view module, const json::object& values) {
  std::vector<std::string> fields;
  for (const bool system : {true, false}) {
    for (const auto& value : values) {
      const std::string field(value.key().data(), value.key().size());
      if (zoho_field_is_unique(module, field) && field.starts_with("Elit") != system) {
        fields.push_back(field);
      }
    }
  }
  return fields;
}

std::optional<json::object> zoho_complaint(std::string_view module, const json::object& values, bool creating,
                                           std::size_t index, std::size_t text_length_max) {
  const std::string_view mandatory =
      has_people(module) ? "Last_Name" : (module == "Accounts" ? "Account_Name" : "Name");
  if (creating && module != "Notes") {
    if (std::optional<json::object> wrong = missing(mandatory, values, index)) {
      return wrong;
    }
  }
  for (const auto& value : values) {
    const std::string_view field(value.key().data(), value.key().size());
    if (std::optional<json::object> wrong = field_complaint(field, value.value(), index, text_length_max)) {
      return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace elit::simulator
