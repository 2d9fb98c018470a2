#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/http_message.hpp"
#include "core/instant.hpp"

// The signature by which the receiver of a request of the generic sink knows who sent it and when:
//
//   X-Elitbuzz-Timestamp: 1700000000
//   X-Elitbuzz-Signature: v1=<HMAC-SHA256 of "1700000000." and the body, 64 lower-case hex digits>
//
// What is signed is what Stripe signs (https://docs.stripe.com/webhooks/signatures): the time is part of it, so that an
// old request cannot be sent again later; GitHub's X-Hub-Signature-256 covers the body alone. The two parts stand in
// two headers, as Slack's do, so that a filter of a workflow tool (n8n, Make, Zapier) compares a header as it is and
// takes none apart. Standard Webhooks (https://www.standardwebhooks.com) is not followed: its key is the bytes that a
// Base64 text stands for, where n8n's Crypto node takes the key as text, and it signs an id of the event, where a body
// here is a batch of messages with keys of their own. `v1=` names the scheme; another scheme has another word.
namespace elit {

inline constexpr std::string_view timestamp_header = "X-Elitbuzz-Timestamp";
inline constexpr std::string_view signature_header = "X-Elitbuzz-Signature";

// HMAC-SHA256 (RFC 2104) as 64 lower-case hex digits. Requires: the key is not empty.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

// The value of X-Elitbuzz-Signature. `timestamp` is that of X-Elitbuzz-Timestamp: seconds since 1970 in UTC.
// Requires: the secret is not empty.
[[nodiscard]] std::string webhook_signature(std::string_view secret, std::int64_t timestamp, std::string_view body);

// Gives the request both headers, of the second `now` is in. Headers of these names that it already has are taken away,
// however they are spelled. The body must not change afterwards. Requires: the secret is not empty.
void sign_request(HttpRequest& request, std::string_view secret, Instant now);

}  // namespace elit
