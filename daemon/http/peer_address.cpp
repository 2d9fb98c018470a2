#include "daemon/http/peer_address.hpp"

#include <utility>

#include "core/text/url.hpp"

namespace elit::daemon {
namespace {

std::string bracketed(const PeerAddress& address) {
  const bool v6 = address.host_is_ip && address.host.find(':') != std::string::npos;
  return v6 ? "[" + address.host + "]" : address.host;
}

}  // namespace

std::string PeerAddress::name() const {
  return bracketed(*this) + ":" + std::to_string(port);
}

std::string PeerAddress::authority() const {
  return port == (tls ? 443 : 80) ? bracketed(*this) : name();
}

Result<PeerAddress> parse_peer_address(const std::string& url) {
  Result<Url> parsed = Url::parse(url);
  if (!parsed) {
    return parsed.error();
  }
  if (parsed->has_query) {
    Failure failure;
    failure.kind = FailureKind::rejected;
    failure.detail = "must not have a query (?...)";
    return failure;
  }
  PeerAddress address{parsed->tls, parsed->host_is_ip, std::move(parsed->host), parsed->port, std::move(parsed->path)};
  while (address.prefix.ends_with('/')) {
    address.prefix.pop_back();
  }
  return address;
}

}  // namespace elit::daemon
