#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/delivery/delivery_record.hpp"
#include "core/instant.hpp"
#include "core/message.hpp"

namespace elit {

// One stored message as it goes out to a sink.
struct OutgoingMessage {
  std::int64_t id = 0;
  DeliveryUserId user = 0;  // our number for the user
  std::string key;
  std::string source;
  std::string user_id;
  std::optional<Instant> instant;
  Direction direction = Direction::unknown;
  std::string sender;
  std::string type;
  std::string text;
  std::optional<Media> media;
  std::string raw;           // JSON text
  std::string user_element;  // JSON text
};

}  // namespace elit
