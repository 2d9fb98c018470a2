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
  unsupported_grant_type,  // neither client_credentials nor refresh_token, or none
  invalid_client,          // client_id or client_secret is not the right one
  invalid_grant,           // the refresh token is unknown or was replaced
};

struct Grant {
  GrantMistake mistake = GrantMistake::none;
  std::string access_token;
  std::string refresh_token;  // good from now on; empty: no refresh token is involved
  bool rotated = false;       // it is another than the client sent
  Milliseconds life{0};
};

// The access tokens that a vendor gave out, and the refresh tokens it takes for them. The first refresh token is
// vendor_refresh_token.
class AccessTokens {
 public:
  AccessTokens();

  // How long the vendor's access tokens are good; zero: until revoked. SimulatedCrmFaults::token_life_s goes first.
  void set_life(Milliseconds life) { life_ = life; }

  // A request begins: notices a revocation. `elapsed` is counted from the start of the simulator.
  void begin(const SimulatedCrmFaults& faults, Milliseconds elapsed);

  // What the token endpoint does with a form (or query) of grant_type, client_id, client_secret and refresh_token.
  // Throttling is the caller's business.
  Grant grant(const RequestTarget& form);

  // A new access token for a grant that the caller has judged.
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
  std::vector<std::string> refresh_tokens_;  // those that are good, the oldest first
  std::uint64_t refresh_tokens_made_ = 1;
  Milliseconds life_{0};
  Milliseconds elapsed_{0};
  bool revoking_ = false;  // the toggle was on at the request before
  int token_life_s_ = 0;
  bool rotates_ = false;
  bool old_dies_ = false;
};

// The body of a request as an HTML form; nothing when its Content-Type is another.
[[nodiscard]] std::optional<RequestTarget> read_form(const HttpRequest& request);

// What follows `scheme` and a blank in the Authorization header, the scheme compared without case; empty: another
// scheme, or no such header.
[[nodiscard]] std::string_view authorization_token(const HttpRequest& request, std::string_view scheme);

}  // namespace elit::simulator
