#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/message.hpp"

namespace elit {

// What identifies a row. Views must live through the call only.
struct RowIdentity {
  std::string_view source;   // its name in the configuration
  std::string_view user_id;  // the one in the request's path, not the row's own
  std::optional<Instant> instant;
  std::string_view instant_text;  // counts only when `instant` is absent
  std::string_view sender;
  std::string_view type;
  std::string_view stable_response;  // stable_response() of the response; empty when there is none
  std::string_view media_url;        // counts without what signing changes
};

// A response as it counts for the identity: canonical JSON, also of JSON that a string holds, with the signatures of
// links left out. It must never change. Requires: is_json(response).
[[nodiscard]] std::string stable_response(std::string_view response);

// The digest of a row. This is how messages are named: it must never change.
[[nodiscard]] Digest digest_of(const RowIdentity& identity);

}  // namespace elit
