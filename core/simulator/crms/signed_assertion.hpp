#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace elit::simulator {

// A signed JSON Web Token (RFC 7515, RFC 7519) of the JWT bearer grant (RFC 7523).
struct SignedAssertion {
  boost::json::object header;
  boost::json::object claims;
  std::string signed_part;  // header and claims as received, with the dot between them
  std::string signature;    // bytes

  // The claim of that name; empty: it is missing or no string.
  [[nodiscard]] std::string claim(std::string_view name) const;
};

// Absent: not three parts of base64url without padding, an empty signature, or header or claims are no JSON objects.
[[nodiscard]] std::optional<SignedAssertion> read_assertion(std::string_view text);

// Whether the signature is the RS256 of the signed part by the private half of `public_key` (PEM). Also false for a key
// that cannot be read.
[[nodiscard]] bool is_signed_by(const SignedAssertion& assertion, const std::string& public_key);

}  // namespace elit::simulator
