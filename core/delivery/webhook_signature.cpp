#include "core/delivery/webhook_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <new>

#include "core/ascii.hpp"
#include "core/check.hpp"
#include "core/letter_case.hpp"

namespace elit {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  check(!key.empty(), "something was to be signed without a secret");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(), &size) ==
      nullptr) {
    throw std::bad_alloc();  // HMAC-SHA256 cannot fail for another reason
  }
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    append_hex(hex, digest.at(i));
  }
  return hex;
}

std::string webhook_signature(std::string_view secret, std::int64_t timestamp, std::string_view body) {
  std::string text = std::to_string(timestamp);
  text += '.';
  text += body;
  return "v1=" + hmac_sha256(secret, text);
}

void sign_request(HttpRequest& request, std::string_view secret, Instant now) {
  std::erase_if(request.headers, [](const HttpHeader& header) {
    return equal_without_case(header.name, timestamp_header) || equal_without_case(header.name, signature_header);
  });
  const std::int64_t timestamp = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  request.headers.push_back({std::string(timestamp_header), std::to_string(timestamp)});
  request.headers.push_back({std::string(signature_header), webhook_signature(secret, timestamp, request.body)});
}

}  // namespace elit
