#pragma once

#include <string>
#include <vector>

#include "daemon/delivery/rendered_request.hpp"

namespace elit::daemon {

// One block for each request, with an empty line between blocks: a line with its number, the request line, headers, an
// empty line, the body. A JSON body is broken into indented lines, with values byte for byte as sent; any other body is
// not changed.
[[nodiscard]] std::string to_text(const std::vector<RenderedRequest>& requests);

// {"sink": ..., "messages": the number of messages asked about, "requests": [{"step", "method", "url", "headers",
// "body"}]} in one line. "body" is a JSON value if the body is sent as JSON, otherwise a string.
[[nodiscard]] std::string to_json(const std::string& sink, std::size_t messages,
                                  const std::vector<RenderedRequest>& requests);

}  // namespace elit::daemon
