#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

#include "core/failure.hpp"
#include "core/instant.hpp"

namespace elit {

// A JSON Web Token (RFC 7519) signed with RS256 (RFC 7518, 3.3): the `claims` with `iat` = `now` and `exp` = `now` +
// `lifetime` added. `key_pem`: an RSA private key in PEM, not encrypted. Fails with `rejected` for any other key; the
// message says what to do and contains no part of the key.
[[nodiscard]] Result<std::string> signed_jwt(boost::json::object claims, std::string_view key_pem, Instant now,
                                             Milliseconds lifetime);

}  // namespace elit
