#pragma once

#include <cstdint>
#include <string>

#include "core/http_message.hpp"
#include "core/instant.hpp"

namespace elit::simulator {

// A network fault while a response is sent.
enum class WireFault : std::uint8_t {
  none,
  close_before_answer,  // the request was carried out, the connection is closed without a byte
  close_mid_body,       // the connection is closed inside the body
  hang,                 // no byte is sent
  garbage,              // bytes that are not HTTP
  drip,                 // the body is sent byte by byte
};

// The reaction of a simulated peer to one request.
struct Reply {
  HttpResponse answer;
  Milliseconds delay{0};  // silence before the first byte of the response
  WireFault fault = WireFault::none;
};

// A response with `Content-Type: application/json`.
[[nodiscard]] Reply json_reply(int status, std::string body);

// A response of another content type.
[[nodiscard]] Reply text_reply(int status, std::string content_type, std::string body);

}  // namespace elit::simulator
