#include "core/text/base64.hpp"

#include <cstdint>

namespace elit {

std::string base64_encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte_at = [&](std::size_t place) -> std::uint32_t {
      return place < bytes.size() ? static_cast<unsigned char>(bytes[place]) : 0U;
    };
    const std::uint32_t group = byte_at(i) << 16U | byte_at(i + 1) << 8U | byte_at(i + 2);
    out += alphabet[group >> 18U & 63U];
    out += alphabet[group >> 12U & 63U];
    out += i + 1 < bytes.size() ? alphabet[group >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? alphabet[group & 63U] : '=';
  }
  return out;
}

}  // namespace elit
