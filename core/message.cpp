#include "core/message.hpp"

#include "core/ascii.hpp"

namespace elit {

const char* to_string(Direction direction) {
  switch (direction) {
    case Direction::in:
      return "in";
    case Direction::out:
      return "out";
    case Direction::agent:
      return "agent";
    case Direction::system:
      return "system";
    case Direction::unknown:
      break;
  }
  return "unknown";
}

Direction direction_from(std::string_view name) {
  for (const Direction direction : {Direction::in, Direction::out, Direction::agent, Direction::system}) {
    if (name == to_string(direction)) {
      return direction;
    }
  }
  return Direction::unknown;
}

const char* to_string(RowMember member) {
  switch (member) {
    case RowMember::timestamp:
      return "timestamp";
    case RowMember::sender:
      return "sender";
    case RowMember::message_type:
      return "message_type";
    case RowMember::response:
      return "response";
    case RowMember::file:
      return "file";
    case RowMember::attachments:
      return "attachments";
  }
  return "unknown";
}

std::string message_key(const Digest& digest, Occurrence occurrence) {
  std::string key;
  key.reserve(32);
  for (const std::uint8_t byte : digest.bytes) {
    append_hex(key, byte);
  }
  for (const unsigned shift : {16U, 8U, 0U}) {
    append_hex(key, static_cast<unsigned char>(occurrence >> shift & 0xFFU));
  }
  return key;
}

}  // namespace elit
