#include "core/text/text_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <new>
#include <span>

#include "core/ascii.hpp"
#include "core/check.hpp"

namespace elit {
namespace {

using DigestBytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::size_t digest(std::string_view text, const EVP_MD* kind, DigestBytes& bytes) {
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, kind, nullptr) != 1) {
    throw std::bad_alloc();  // hashing cannot fail for another reason
  }
  return size;
}

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    append_hex(text, byte);
  }
  return text;
}

std::string uuid_bytes(std::string_view uuid) {
  std::string digits;
  for (const char c : uuid) {
    if (c != '-') {
      digits += c;
    }
  }
  check(digits.size() == 32, "a UUID has 32 digits");
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(hex_value(digits[i]) * 16 + hex_value(digits[i + 1]));
  }
  return bytes;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  DigestBytes bytes{};
  const std::size_t size = digest(text, EVP_sha256(), bytes);
  return hex({bytes.data(), size});
}

std::string name_based_uuid(std::string_view name_space, std::string_view name) {
  DigestBytes bytes{};
  std::string named = uuid_bytes(name_space);
  named += name;
  digest(named, EVP_sha1(), bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x50U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string uuid = hex({bytes.data(), 16});
  for (const std::size_t place : {8U, 13U, 18U, 23U}) {
    uuid.insert(place, 1, '-');
  }
  return uuid;
}

}  // namespace elit
