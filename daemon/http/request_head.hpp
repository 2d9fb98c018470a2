#pragma once

#include <string>

#include "core/http_message.hpp"
#include "daemon/http/connection.hpp"

namespace elit::daemon {

// Says why `request` cannot be written to a connection safely, without repeating any part of it; empty: it can be
// written.
[[nodiscard]] std::string unusable_part(const HttpRequest& request);

// The request line and header, including the fields of the connection. Requires: unusable_part() is empty.
[[nodiscard]] std::string request_head(const Route& route, const HttpRequest& request);

}  // namespace elit::daemon
