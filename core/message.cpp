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

bool parse_message_key(std::string_view key, Digest& digest, Occurrence& occurrence) {
  if (key.size() != 32) {
    return false;
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(key[2 * i]);
    const int low = hex_value(key[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    digest.bytes[i] = bytes[i];
  }
  occurrence = static_cast<Occurrence>(bytes[13]) << 16U | static_cast<Occurrence>(bytes[14]) << 8U | bytes[15];
  return true;
}

}  // namespace elit
