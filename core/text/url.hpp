#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/failure.hpp"

namespace elit {

// An absolute http or https URL, taken apart.
struct Url {
  bool tls = false;  // https
  bool host_is_ip = false;
  std::string host;  // as name lookup and TLS take it: an IPv6 address without its brackets
  bool names_port = false;
  std::uint16_t port = 0;  // that of the scheme, 80 or 443, unless the URL names one
  std::string path;        // percent-encoded as written; begins with '/' unless it is empty
  bool has_query = false;

  // The failure is `rejected`. Its detail is a predicate ("names no host") and repeats no part of the URL, which may
  // hold a password. User information and fragments are refused, and so is a host with percent-encoded characters.
  [[nodiscard]] static Result<Url> parse(std::string_view text);

  // localhost, 127.0.0.0/8 and ::1.
  [[nodiscard]] bool is_loopback() const;
  // Whether others on the network can read what is sent there: http to another host than loopback.
  [[nodiscard]] bool is_cleartext() const { return !tls && !is_loopback(); }
};

// The two parts of a URL that a request needs.
struct Endpoint {
  std::string base_url;  // scheme, host and port
  std::string target;    // path and query; begins with '/'
};

// Splits a URL made from parts that were checked, without judging it. A fragment is dropped, an empty path becomes "/".
[[nodiscard]] Endpoint split_url(std::string_view url);

}  // namespace elit
