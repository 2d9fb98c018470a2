#include "core/simulator/crms/signed_assertion.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <boost/json/parse.hpp>

#include <memory>
#include <utility>

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Freed {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return bytes;
}

std::optional<json::object> object_of(std::string_view encoded) {
  const std::optional<std::string> text = from_base64url(encoded);
  if (!text) {
    return std::nullopt;
  }
  boost::system::error_code error;
  json::value value = json::parse(*text, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

}  // namespace

std::string SignedAssertion::claim(std::string_view name) const {
  const json::value* value = claims.if_contains(json::string_view(name.data(), name.size()));
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<SignedAssertion> read_assertion(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::optional<json::object> header = object_of(text.substr(0, first));
  std::optional<json::object> claims = object_of(text.substr(first + 1, second - first - 1));
  std::optional<std::string> signature = from_base64url(text.substr(second + 1));
  if (!header || !claims || !signature || signature->empty()) {
    return std::nullopt;
  }
  SignedAssertion assertion;
  assertion.header = *std::move(header);
  assertion.claims = *std::move(claims);
  assertion.signed_part = std::string(text.substr(0, second));
  assertion.signature = *std::move(signature);
  return assertion;
}

bool is_signed_by(const SignedAssertion& assertion, const std::string& public_key) {
  const std::unique_ptr<BIO, Freed> source(BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size())));
  const std::unique_ptr<EVP_PKEY, Freed> key(PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_MD_CTX, Freed> context(EVP_MD_CTX_new());
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) {
    return false;
  }
  const auto* signature = reinterpret_cast<const unsigned char*>(assertion.signature.data());
  const auto* signed_part = reinterpret_cast<const unsigned char*>(assertion.signed_part.data());
  return EVP_DigestVerify(context.get(), signature, assertion.signature.size(), signed_part,
                          assertion.signed_part.size()) == 1;
}

}  // namespace elit::simulator
