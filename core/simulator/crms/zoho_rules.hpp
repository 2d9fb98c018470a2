#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"

// The values that Zoho CRM allows in the fields of its modules, and its refusals (github.com/zoho/crm-oas,
// version 8.0).
namespace elit::simulator {

// A refusal: of a whole call as the body of the answer, of one record as an element of `data`.
[[nodiscard]] boost::json::object zoho_error(std::string_view code, std::string_view message,
                                             boost::json::object details = {});

[[nodiscard]] HttpResponse zoho_refusal(int status, std::string_view code, std::string_view message,
                                        boost::json::object details = {});

// {"api_name": ..., "json_path": ...}
[[nodiscard]] boost::json::object zoho_place(std::string_view field, const std::string& json_path);

// Whether a module may have this name: a system module with records, or a custom module.
[[nodiscard]] bool zoho_knows_module(std::string_view name);

// Whether `field` identifies records of `module`: Zoho's own duplicate check fields, and those that the operator marked
// as unique; here all whose names begin with "Elit".
[[nodiscard]] bool zoho_field_is_unique(std::string_view module, std::string_view field);

// The fields that Zoho checks for duplicates when the client names none, in this order.
[[nodiscard]] std::vector<std::string> zoho_duplicate_fields(std::string_view module,
                                                             const boost::json::object& values);

// The error of a record; absent: none. `creating`: mandatory fields must be present. `index` is its position in `data`;
// long fields hold `text_length_max` UTF-16 units.
[[nodiscard]] std::optional<boost::json::object> zoho_complaint(std::string_view module,
                                                                const boost::json::object& values, bool creating,
                                                                std::size_t index, std::size_t text_length_max);

}  // namespace elit::simulator
