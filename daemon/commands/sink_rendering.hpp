#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"
#include "daemon/commands/rendered_request.hpp"

namespace elit::daemon {

// What stands in the place of every secret, token and signature.
inline constexpr const char* secret_mask = "***";

// What the requests are made from.
struct Rendering {
  std::filesystem::path state_directory;  // with a database in it
  std::vector<OutgoingMessage> messages;  // as they would be delivered, each user's in the order of time
  bool ignore_state = false;              // as if the sink held nothing of them yet
  Instant at;                             // when they would go out
};

// The requests of the batches that the messages make, as if searches found nothing and everything was accepted. Reads
// the state of a sink of a CRM and nothing else. Throws StorageError.
[[nodiscard]] std::vector<RenderedRequest> render_requests(const SinkOptions& sink, const Rendering& rendering);

}  // namespace elit::daemon
