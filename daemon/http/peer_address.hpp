#pragma once

#include <cstdint>
#include <string>

#include "core/failure.hpp"

namespace elit::daemon {

// Where a peer is, taken apart from http(s)://host[:port][/prefix].
struct PeerAddress {
  bool tls = false;
  bool host_is_ip = false;
  std::string host;  // as given to name lookup and to TLS: an IPv6 address has no brackets
  std::uint16_t port = 0;
  std::string prefix;  // begins with '/' when not empty, never ends with it

  // host:port for messages and CONNECT; an IPv6 address has brackets.
  [[nodiscard]] std::string name() const;
  // The value of Host: without the port when it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

// Reads a base URL. The failure is `rejected` and says what is wrong without repeating what may be a password: user
// information, query and fragment are not accepted.
[[nodiscard]] Result<PeerAddress> parse_peer_address(const std::string& url);

}  // namespace elit::daemon
