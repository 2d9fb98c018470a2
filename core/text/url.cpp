#include "core/text/url.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <optional>

#include "core/letter_case.hpp"

namespace elit {
namespace {

namespace urls = boost::urls;

constexpr const char* wrong_scheme = "must be an absolute URL that begins with https://";

Failure refused(const char* detail) {
  Failure failure;
  failure.kind = FailureKind::rejected;
  failure.detail = detail;
  return failure;
}

// What is wrong with the parts of a well-formed URL, except its port; empty: nothing.
const char* problem_of(const urls::url_view& view) {
  if (view.scheme_id() != urls::scheme::http && view.scheme_id() != urls::scheme::https) {
    return wrong_scheme;
  }
  if (!view.has_authority() || view.encoded_host().empty() || view.host_type() == urls::host_type::ipvfuture) {
    return "names no host";
  }
  // A decoded name may contain any character, and the transport writes it into the header of each request.
  if (view.encoded_host().find('%') != std::string_view::npos) {
    return "names a host with percent-encoded characters: write the name as it is";
  }
  // Boost.URL 1.81 parses 127.0.0.1.example.com as an IPv4 address and a path without '/'.
  if (!view.encoded_path().empty() && view.encoded_path().front() != '/') {
    return "names a host that begins like an IPv4 address: use another name of the host";
  }
  if (view.has_userinfo()) {
    return "must not hold a user name or password: secrets are given as {file: PATH}, {env: NAME} or "
           "{credential: NAME} where they are needed";
  }
  if (view.has_fragment()) {
    return "must not have a fragment (#...)";
  }
  return view.has_port() && view.port().empty() ? "names an empty port" : "";
}

// Absent unless it is 1 to 65535. Requires: digits.
std::optional<std::uint16_t> port_of(std::string_view digits) {
  const unsigned long port = digits.size() <= 5 ? std::stoul(std::string(digits)) : 0;
  return port >= 1 && port <= 65'535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const boost::system::result<urls::url_view> parsed = urls::parse_uri(text);
  if (!parsed) {
    return refused(text.find("://") == std::string_view::npos ? wrong_scheme : "is not a valid URL");
  }
  const urls::url_view& view = *parsed;
  if (const std::string_view problem = problem_of(view); !problem.empty()) {
    return refused(problem.data());
  }
  Url url;
  url.tls = view.scheme_id() == urls::scheme::https;
  url.host_is_ip = view.host_type() != urls::host_type::name;
  url.host = view.host_type() == urls::host_type::ipv6 ? view.host_address() : view.host();
  url.names_port = view.has_port();
  url.port = url.tls ? 443 : 80;
  if (url.names_port) {
    const std::optional<std::uint16_t> port = port_of(std::string_view(view.port().data(), view.port().size()));
    if (!port) {
      return refused("names a port that is not between 1 and 65535");
    }
    url.port = *port;
  }
  url.path = std::string(view.encoded_path());
  url.has_query = view.has_query();
  return url;
}

bool Url::is_loopback() const {
  const auto v4 = urls::parse_ipv4_address(host);
  const auto v6 = urls::parse_ipv6_address(host);
  return equal_without_case(host, "localhost") || (v4 && v4->is_loopback()) || (v6 && v6->is_loopback());
}

Endpoint split_url(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const auto scheme_end = url.find("://");
  const auto authority = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto path = std::min(url.find_first_of("/?", authority), url.size());
  Endpoint endpoint{std::string(url.substr(0, path)), std::string(url.substr(path))};
  if (endpoint.target.empty() || endpoint.target.front() != '/') {
    endpoint.target.insert(0, "/");
  }
  return endpoint;
}

}  // namespace elit
