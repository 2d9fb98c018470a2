#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"

namespace elit {

// The values of the headers of that name, compared byte by byte.
inline std::vector<std::string> values_of(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) {
      values.push_back(header.value);
    }
  }
  return values;
}

// The first of them, or "absent".
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  const std::vector<std::string> values = values_of(request, name);
  return values.empty() ? "absent" : values.front();
}

}  // namespace elit
