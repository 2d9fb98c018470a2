#include "core/message.hpp"

namespace elit {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

}  // namespace

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
  const auto append = [&key](std::uint32_t byte) {
    key += hex_digits[byte >> 4U & 0xFU];
    key += hex_digits[byte & 0xFU];
  };
  for (const std::uint8_t byte : digest.bytes) {
    append(byte);
  }
  for (const unsigned shift : {16U, 8U, 0U}) {
    append(occurrence >> shift & 0xFFU);
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
