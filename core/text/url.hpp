#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/failure.hpp"

namespace elit {

// The parts of an absolute http or https URL.
struct Url {
  bool tls = false;  // https
  bool host_is_ip = false;
  std::string host;  // for name lookup and TLS: an IPv6 address has no brackets
  bool names_port = false;
  std::uint16_t port = 0;  // default: 80 or 443, by the scheme
  std::string path;        // percent-encoded as written; begins with '/' unless it is empty
  bool has_query = false;

  // The failure is `rejected`. Its detail is a predicate ("names no host") and does not repeat any part of the URL,
  // which may contain a password. User information and fragments are refused, and so is a host with percent-encoded
  // characters.
  [[nodiscard]] static Result<Url> parse(std::string_view text);

  // localhost, 127.0.0.0/8 and ::1.
  [[nodiscard]] bool is_loopback() const;
  // Whether others on the network can read the requests: http to a host other than loopback.
  [[nodiscard]] bool is_cleartext() const { return !tls && !is_loopback(); }
};

// The parts of a URL for a request.
struct Endpoint {
  std::string base_url;  // scheme, host and port
  std::string target;    // path and query; begins with '/'
};

// Splits a URL that was made from checked parts; does not check it again. Drops a fragment; an empty path becomes "/".
[[nodiscard]] Endpoint split_url(std::string_view url);

}  // namespace elit
