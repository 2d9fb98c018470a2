#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"

// What Zoho CRM allows in the fields of its modules, and how it says no (github.com/zoho/crm-oas, version 8.0).
namespace elit::simulator {

// A refusal: of a whole call when it is the body of the answer, of one record when it stands in `data`.
[[nodiscard]] boost::json::object zoho_error(std::string_view code, std::string_view message,
                                             boost::json::object details = {});

[[nodiscard]] HttpResponse zoho_refusal(int status, std::string_view code, std::string_view message,
                                        boost::json::object details = {});

// {"api_name": ..., "json_path": ...}
[[nodiscard]] boost::json::object zoho_place(std::string_view field, const std::string& json_path);

// Whether the name may be that of a module: a system module with records, or one that the operator made.
[[nodiscard]] bool zoho_knows_module(std::string_view name);

// Whether records of `module` may be found by `field`: the vendor's own duplicate check fields, and those that the
// operator marked as unique, which here are all whose name begins with "Elit".
[[nodiscard]] bool zoho_field_is_unique(std::string_view module, std::string_view field);

// What the vendor checks for duplicates when the client names no fields, in this order.
[[nodiscard]] std::vector<std::string> zoho_duplicate_fields(std::string_view module,
                                                             const boost::json::object& values);

// What is wrong with a record; absent: nothing. `creating`: its mandatory fields must be there. `index` is its place in
// `data`; long fields hold `text_length_max` UTF-16 units.
[[nodiscard]] std::optional<boost::json::object> zoho_complaint(std::string_view module,
                                                                const boost::json::object& values, bool creating,
                                                                std::size_t index, std::size_t text_length_max);

}  // namespace elit::simulator
