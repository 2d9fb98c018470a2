#pragma once

#include <cstdint>
#include <string>

#include "core/failure.hpp"

namespace elit::daemon {

// The address of a peer, parsed from http(s)://host[:port][/prefix].
struct PeerAddress {
  bool tls = false;
  bool host_is_ip = false;
  std::string host;  // as given to name lookup and to TLS: an IPv6 address has no brackets
  std::uint16_t port = 0;
  std::string prefix;  // empty, or begins with '/'; never ends with it

  // host:port for messages and CONNECT; an IPv6 address has brackets.
  [[nodiscard]] std::string name() const;
  // The value of the header Host: without the port if it is the default of the scheme.
  [[nodiscard]] std::string authority() const;
};

// Reads a base URL; user information, query and fragment are not accepted. The failure is `rejected` and says what is
// wrong without repeating text that may be a password.
[[nodiscard]] Result<PeerAddress> parse_peer_address(const std::string& url);

}  // namespace elit::daemon
