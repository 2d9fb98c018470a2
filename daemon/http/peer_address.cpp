#include "daemon/http/peer_address.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <string_view>

namespace elit::daemon {
namespace {

namespace urls = boost::urls;

Failure refuse(std::string detail) {
  Failure failure;
  failure.kind = FailureKind::rejected;
  failure.detail = std::move(detail);
  return failure;
}

std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

// A decoded name may hold any bytes, and each request has it in its header.
bool is_host_name(std::string_view name) {
  constexpr std::string_view delimiters = "/?#@:[]\\\"";
  return std::none_of(name.begin(), name.end(), [&](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || delimiters.find(c) != std::string_view::npos;
  });
}

std::string bracketed(const PeerAddress& address) {
  const bool v6 = address.host_is_ip && address.host.find(':') != std::string::npos;
  return v6 ? "[" + address.host + "]" : address.host;
}

}  // namespace

std::string PeerAddress::name() const {
  return bracketed(*this) + ":" + std::to_string(port);
}

std::string PeerAddress::authority() const {
  return port == default_port(tls) ? bracketed(*this) : name();
}

Result<PeerAddress> parse_peer_address(const std::string& url) {
  const boost::system::result<urls::url_view> parsed = urls::parse_uri(url);
  if (!parsed) {
    return refuse("is not a URL of the form http(s)://host[:port][/prefix]");
  }
  const urls::url_view& view = *parsed;
  PeerAddress address;
  address.tls = view.scheme_id() == urls::scheme::https;
  if (!address.tls && view.scheme_id() != urls::scheme::http) {
    return refuse("must begin with http:// or https://");
  }
  if (view.has_userinfo()) {
    return refuse("must not contain a user name or password");
  }
  if (view.has_query() || view.has_fragment()) {
    return refuse("must not contain '?' or '#'");
  }
  const urls::host_type type = view.host_type();
  address.host_is_ip = type == urls::host_type::ipv4 || type == urls::host_type::ipv6;
  address.host = type == urls::host_type::ipv6 ? view.host_address() : view.host();
  if (address.host.empty() || type == urls::host_type::ipvfuture) {
    return refuse("names no host");
  }
  // Boost.URL 1.81 reads 127.0.0.1.example.com as an address and a path without '/'.
  const bool cut_short = !view.encoded_path().empty() && view.encoded_path().front() != '/';
  if ((!address.host_is_ip && !is_host_name(address.host)) || cut_short) {
    return refuse("names an impossible host");
  }
  if (view.has_port() && !view.port().empty()) {
    const std::string digits{view.port()};
    const unsigned long port = digits.size() <= 5 ? std::stoul(digits) : 0;  // the grammar allows only digits
    if (port == 0 || port > 65'535) {
      return refuse("has an impossible port");
    }
    address.port = static_cast<std::uint16_t>(port);
  } else {
    address.port = default_port(address.tls);
  }
  address.prefix = std::string{view.encoded_path()};
  while (address.prefix.ends_with('/')) {
    address.prefix.pop_back();
  }
  return address;
}

}  // namespace elit::daemon
