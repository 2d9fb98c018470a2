#pragma once

#include <optional>
#include <string_view>

#include "core/message.hpp"
#include "core/options.hpp"

namespace elit::elitbuzz {

// Normalises one element of a conversations answer (api.md section 3.2). An object is a row if it has at least one
// member of a known name, and wraps no other object that has more; absent for anything else: it is no message.
// Numbers, words and strings inside that are no JSON count as texts. `user_id` is that of the request's path.
[[nodiscard]] std::optional<Row> read_row(const SourceOptions& source, std::string_view user_id,
                                          std::string_view element);

// The same for an element that passed is_json.
[[nodiscard]] std::optional<Row> read_json_row(const SourceOptions& source, std::string_view user_id,
                                               std::string_view element);

}  // namespace elit::elitbuzz
