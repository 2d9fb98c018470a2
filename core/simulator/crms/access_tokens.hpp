#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "core/simulator/crms/crm_faults.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

enum class TokenStanding : std::uint8_t { good, expired, revoked, unknown };

enum class GrantMistake : std::uint8_t {
  none,
  unsupported_grant_type,  // missing, or neither client_credentials nor refresh_token
  invalid_client,          // client_id or client_secret is wrong
  invalid_grant,           // the refresh token is unknown or was replaced
};

struct Grant {
  GrantMistake mistake = GrantMistake::none;
  std::string access_token;
  std::string refresh_token;  // valid from now on; empty: the grant uses no refresh token
  bool rotated = false;       // it differs from the one that the client sent
  Milliseconds life{0};
};

// The access tokens that a CRM gave out, and the refresh tokens that it accepts. The first refresh token is
// vendor_refresh_token.
class AccessTokens {
 public:
  AccessTokens();

  // How long access tokens are valid; zero: until revoked. SimulatedCrmFaults::token_life_s takes precedence.
  void set_life(Milliseconds life) { life_ = life; }

  // Begins a request and applies a revocation. `elapsed` is counted from the start of the simulator.
  void begin(const SimulatedCrmFaults& faults, Milliseconds elapsed);

  // The answer of the token endpoint to a form (or query) of grant_type, client_id, client_secret and refresh_token.
  // The caller handles throttling.
  Grant grant(const RequestTarget& form);

  // Gives a new access token for a grant that the caller has accepted.
  Grant give();

  [[nodiscard]] TokenStanding standing(std::string_view access_token) const;

 private:
  struct Given {
    Milliseconds at;  // since the start of the simulator
    std::optional<Milliseconds> expires;
    bool revoked = false;
  };

  [[nodiscard]] bool use_refresh_token(std::string_view token, Grant& grant);

  std::map<std::string, Given, std::less<>> given_;
  std::vector<std::string> refresh_tokens_;  // the valid ones, the oldest first
  std::uint64_t refresh_tokens_made_ = 1;
  Milliseconds life_{0};
  Milliseconds elapsed_{0};
  bool revoking_ = false;  // the switch was on at the request before
  int token_life_s_ = 0;
  bool rotates_ = false;
  bool old_dies_ = false;
};

// Reads the body of a request as an HTML form; absent when its Content-Type is another.
[[nodiscard]] std::optional<RequestTarget> read_form(const HttpRequest& request);

// The text after `scheme` and a blank in the Authorization header; the scheme is compared without case. Empty: another
// scheme, or no such header.
[[nodiscard]] std::string_view authorization_token(const HttpRequest& request, std::string_view scheme);

}  // namespace elit::simulator
