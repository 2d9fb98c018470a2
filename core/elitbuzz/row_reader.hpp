#pragma once

#include <optional>
#include <string_view>

#include "core/message.hpp"
#include "core/options.hpp"

namespace elit::elitbuzz {

// Normalises one element of a conversations answer (api.md section 3.2). Objects, strings and numbers become rows even
// if members are missing; absent for anything else and for text that is not JSON. `user_id` is the one in the request's
// path.
[[nodiscard]] std::optional<Row> read_row(const SourceOptions& source, std::string_view user_id,
                                          std::string_view element);

// The same for an element that passed is_json.
[[nodiscard]] std::optional<Row> read_json_row(const SourceOptions& source, std::string_view user_id,
                                               std::string_view element);

}  // namespace elit::elitbuzz
