#pragma once

#include <string>

#include "core/http_message.hpp"
#include "daemon/http/connection.hpp"

namespace elit::daemon {

// What makes `request` impossible to put on a connection safely, in words that repeat none of it; empty when nothing
// does.
[[nodiscard]] std::string unusable_part(const HttpRequest& request);

// The request line and header, with the fields that belong to the connection. Requires: unusable_part() is empty.
[[nodiscard]] std::string request_head(const Route& route, const HttpRequest& request);

}  // namespace elit::daemon
