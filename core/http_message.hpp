#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elit {

struct HttpHeader {
  std::string name;
  std::string value;
};

// A request as a value, independent of any connection. `target` is the path with its query, percent-encoded, and begins
// with '/'. The transport sets Host, Content-Length, Connection and Accept-Encoding.
struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<HttpHeader> headers;
  std::string body;
};

// A response with its whole body. A broken or too long response is a Failure, never an HttpResponse.
struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  // The first header of that name, compared without case; absent when there is none. The view is valid as long as
  // *this.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

}  // namespace elit
