#include "daemon/http/request_head.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"

namespace elit::daemon {
namespace {

constexpr std::array<std::string_view, 5> owned_fields{"host", "content-length", "connection", "accept-encoding",
                                                       "transfer-encoding"};

bool is_token(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string unusable_part(const HttpRequest& request) {
  if (!is_token(request.method)) {
    return "its method is not a word";
  }
  if (!is_target(request.target)) {
    return "its target does not begin with '/' or has a character that must be percent-encoded";
  }
  for (const HttpHeader& header : request.headers) {
    if (!is_token(header.name)) {
      return "the name of a header has an impossible character";
    }
    if (!is_field_value(header.value)) {
      return "the value of the header " + header.name + " has a control character";
    }
  }
  return {};
}

std::string request_head(const Route& route, const HttpRequest& request) {
  std::string head = request.method + " ";
  if (route.proxy && !route.peer.tls) {
    head.append("http://").append(route.peer.authority());
  }
  head.append(route.peer.prefix).append(request.target).append(" HTTP/1.1\r\n");
  add_field(head, "Host", route.peer.authority());
  add_field(head, "Accept-Encoding", "identity");
  bool names_agent = false;
  for (const HttpHeader& header : request.headers) {
    const bool owned = std::any_of(owned_fields.begin(), owned_fields.end(),
                                   [&](std::string_view name) { return equal_without_case(header.name, name); });
    if (!owned) {
      add_field(head, header.name, header.value);
    }
    names_agent = names_agent || equal_without_case(header.name, "user-agent");
  }
  if (!names_agent) {
    add_field(head, "User-Agent", "elitbuzz-sync/" ELITBUZZ_SYNC_VERSION);
  }
  const bool may_have_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (may_have_body || !request.body.empty()) {
    add_field(head, "Content-Length", std::to_string(request.body.size()));
  }
  if (route.settings.connections_max <= 0) {
    add_field(head, "Connection", "close");
  }
  return head.append("\r\n");
}

}  // namespace elit::daemon
