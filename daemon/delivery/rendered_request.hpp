#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"

namespace elit::daemon {

// Stands in the place of every secret, token and signature of a rendered request.
inline constexpr const char* secret_mask = "***";

// What requests are rendered from.
struct Rendering {
  std::filesystem::path state_directory;  // with a database in it
  std::vector<OutgoingMessage> messages;  // as they would be delivered, each user's in the order of time
  bool ignore_state = false;              // as if the sink held nothing of them yet
  Instant at;                             // when they would go out
};

// A request to a sink, for people to read.
struct RenderedRequest {
  std::string step;     // contacts, messages, ...
  std::string kind;     // `contact step` and so on; empty: there is only one kind
  std::string content;  // `3 messages`; empty: not known
  std::string method;
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;         // as it would go out
  bool of_messages = true;  // false: it asks the sink about itself
};

}  // namespace elit::daemon
