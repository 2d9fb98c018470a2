#include "core/fetch/identity.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "core/text/canonical_json.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/link_text.hpp"

namespace elit {
namespace {

constexpr std::string_view recipe_version = "1";

// A length before each field keeps ("ab", "c") apart from ("a", "bc").
void append_field(std::string& out, std::string_view field) {
  std::array<char, 8> size{};
  std::uint64_t rest = field.size();
  for (auto byte = size.rbegin(); byte != size.rend(); ++byte, rest >>= 8U) {
    *byte = static_cast<char>(static_cast<unsigned char>(rest & 0xFFU));
  }
  out.append(size.data(), size.size());
  out += field;
}

// Looked up once: finding the algorithm again costs more than hashing a message.
const EVP_MD* sha256() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  // Without memory for the search there is still the one that is searched for at each use.
  return algorithm == nullptr ? EVP_sha256() : algorithm;
}

// SHA-256 cannot fail but for lack of memory.
void require_memory(bool done) {
  if (!done) {
    throw std::bad_alloc();
  }
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Kept for the same reason.
EVP_MD_CTX* fresh_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  require_memory(context && EVP_DigestInit_ex2(context.get(), sha256(), nullptr) == 1);
  return context.get();
}

std::string stable_url(std::string_view url) {
  return without_signatures(url.substr(0, url.find_first_of("?#")));
}

// Strings that hold JSON that holds strings: deeper ones count as text.
constexpr int nesting_max = 4;

std::string stable_text(std::string text, int depth) {
  const std::string_view trimmed_text = json_trim(text);
  const bool could_be_json = trimmed_text.starts_with('{') || trimmed_text.starts_with('[');
  if (could_be_json && depth < nesting_max && is_json(trimmed_text)) {
    return canonical_json(trimmed_text,
                          [depth](std::string inner) { return stable_text(std::move(inner), depth + 1); });
  }
  return may_hold_link(text) ? without_signatures(text) : text;
}

}  // namespace

std::string stable_response(std::string_view response) {
  return canonical_json(response, [](std::string text) { return stable_text(std::move(text), 0); });
}

Digest digest_of(const RowIdentity& identity) {
  std::string encoded;
  encoded.reserve(256 + identity.stable_response.size());
  append_field(encoded, recipe_version);
  append_field(encoded, identity.source);
  append_field(encoded, identity.user_id);
  std::string moment = identity.instant ? "ms:" + std::to_string(to_ms(*identity.instant)) : "text:";
  if (!identity.instant) {
    moment += identity.instant_text;
  }
  append_field(encoded, moment);
  append_field(encoded, identity.sender);
  append_field(encoded, identity.type);
  append_field(encoded, identity.stable_response);
  append_field(encoded, stable_url(identity.media_url));

  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  EVP_MD_CTX* const context = fresh_context();
  require_memory(EVP_DigestUpdate(context, encoded.data(), encoded.size()) == 1 &&
                 EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  Digest digest;
  std::copy_n(hash.begin(), digest.bytes.size(), digest.bytes.begin());
  return digest;
}

}  // namespace elit
