#pragma once

#include <string>
#include <vector>

#include "daemon/delivery/rendered_request.hpp"

namespace elit::daemon {

// A block for each, an empty line between them: a line that counts it, the request line, headers, an empty line, the
// body. JSON is laid out in lines, each of its values written as it would go out; everything else stands as it is.
[[nodiscard]] std::string to_text(const std::vector<RenderedRequest>& requests);

// {"sink": ..., "messages": how many were asked about, "requests": [{"step", "method", "url", "headers", "body"}]},
// where the body is JSON if it is sent as such, otherwise a string. One line.
[[nodiscard]] std::string to_json(const std::string& sink, std::size_t messages,
                                  const std::vector<RenderedRequest>& requests);

}  // namespace elit::daemon
