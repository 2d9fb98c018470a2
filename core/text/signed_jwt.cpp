#include "core/text/signed_jwt.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/text/base64.hpp"

namespace elit {
namespace {

namespace json = boost::json;

template <class T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY, EVP_PKEY_free>>;
using Signer = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX, EVP_MD_CTX_free>>;
struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

// Refuses keys with a passphrase: a daemon cannot ask for it.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
  return 0;
}

Key read_key(std::string_view pem) {
  const std::unique_ptr<BIO, BioDeleter> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) {
    throw std::bad_alloc();
  }
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
}

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

Failure no_key() {
  Failure failure;
  failure.kind = FailureKind::rejected;
  failure.detail = "the key that signs the request is not an RSA private key in PEM; use a key without a passphrase";
  return failure;
}

// RS256 over `text`, as base64url without padding.
Result<std::string> rs256_signature(std::string_view text, std::string_view key_pem) {
  const Key key = read_key(key_pem);
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return no_key();
  }
  const Signer signer(EVP_MD_CTX_new());
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!signer || EVP_DigestSignInit(signer.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(signer.get(), nullptr, &size, bytes, text.size()) != 1) {
    return no_key();
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(signer.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
      1) {
    return no_key();
  }
  signature.resize(size);
  return base64url(signature);
}

}  // namespace

Result<std::string> signed_jwt(json::object claims, std::string_view key_pem, Instant now, Milliseconds lifetime) {
  const std::int64_t issued = now.time_since_epoch().count() / 1000;
  claims["iat"] = issued;
  claims["exp"] = issued + lifetime.count() / 1000;
  const std::string text = base64url(R"({"alg":"RS256","typ":"JWT"})") + '.' + base64url(json::serialize(claims));
  Result<std::string> signature = rs256_signature(text, key_pem);
  if (!signature) {
    return signature.error();
  }
  return text + '.' + *signature;
}

}  // namespace elit
