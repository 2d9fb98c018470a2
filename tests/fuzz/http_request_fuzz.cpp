// URLs and header fields as an operator configures them, and the request head that is made of them.

#include <algorithm>
#include <string>

#include "core/text/url.hpp"
#include "daemon/http/peer_address.hpp"
#include "daemon/http/request_head.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c != 0x7F; });
}

void expect_sound(const daemon::PeerAddress& peer) {
  expect(!peer.host.empty() && peer.port != 0, "an address has a host and a port");
  expect(is_printable(peer.host) && is_printable(peer.prefix), "an address fits into a line of a request");
  expect(peer.prefix.empty() || (peer.prefix.front() == '/' && peer.prefix.back() != '/'), "a prefix is a path");
  expect(peer.name().ends_with(":" + std::to_string(peer.port)), "a name has a port");
}

// As many lines as there are fields, and no injected line.
void expect_sound_head(const std::string& head, const HttpRequest& request) {
  expect(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  const std::string_view lines = std::string_view(head).substr(0, head.size() - 2);
  std::size_t count = 0;
  for (std::size_t place = 0; place < lines.size(); ++count) {
    const std::size_t end = lines.find("\r\n", place);
    const std::string_view line = lines.substr(place, end - place);
    expect(!line.empty() && line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
           "each line of a head is one line");
    place = end + 2;
  }
  constexpr std::size_t lines_of_our_own = 6;
  expect(count <= request.headers.size() + lines_of_our_own, "a head has no field that nobody asked for");
}

void run(Input input) {
  daemon::Route route;
  route.settings.connections_max = input.choose() ? 0 : 4;
  const bool through_proxy = input.choose();
  const Result<daemon::PeerAddress> peer = daemon::parse_peer_address(std::string(input.next_line()));
  if (!peer) {
    expect_presentable(peer.error().detail);
  } else {
    expect_sound(*peer);
    route.peer = *peer;
  }
  if (through_proxy) {
    route.proxy = daemon::PeerAddress{false, false, "proxy", 3128, {}};
  }
  const Endpoint endpoint = split_url(input.next_line());
  expect(endpoint.target.starts_with('/'), "a target is a path");

  HttpRequest request;
  request.method = input.choose() ? "POST" : "GET";
  request.target = endpoint.target;
  while (!input.text().empty()) {
    const std::string_view line = input.next_line();
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon))});
  }
  const std::string unusable = daemon::unusable_part(request);
  expect(unusable.find_first_of("\r\n") == std::string::npos, "what is wrong with a request is one line");
  if (unusable.empty() && peer) {
    expect_sound_head(daemon::request_head(route, request), request);
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
