#include "core/simulator/crms/access_tokens.hpp"

#include <algorithm>

#include "core/letter_case.hpp"
#include "core/simulator/crms/simulated_crm.hpp"

namespace elit::simulator {

AccessTokens::AccessTokens() : refresh_tokens_{std::string(vendor_refresh_token)} {}

void AccessTokens::begin(const SimulatedCrmFaults& faults, Milliseconds elapsed) {
  elapsed_ = elapsed;
  token_life_s_ = faults.token_life_s;
  rotates_ = faults.rotate_refresh_tokens;
  old_dies_ = faults.old_refresh_token_dies;
  const Toggle& revocation = faults.tokens_revoked;
  const bool switched_on = revocation.on && !revoking_;
  revoking_ = revocation.on;
  for (auto& [token, given] : given_) {
    // The instant of a span is known even if no request came during it.
    const bool overtaken = revocation.from && elapsed >= *revocation.from && given.at < *revocation.from;
    given.revoked = given.revoked || switched_on || overtaken;
  }
}

Grant AccessTokens::grant(const RequestTarget& form) {
  Grant refused;
  const std::string_view type = form.value("grant_type").value_or("");
  if (form.value("client_id") != vendor_client_id || form.value("client_secret") != vendor_client_secret) {
    refused.mistake = GrantMistake::invalid_client;
    return refused;
  }
  if (type == "client_credentials") {
    return give();
  }
  if (type != "refresh_token") {
    refused.mistake = GrantMistake::unsupported_grant_type;
    return refused;
  }
  Grant good;
  if (!use_refresh_token(form.value("refresh_token").value_or(""), good)) {
    refused.mistake = GrantMistake::invalid_grant;
    return refused;
  }
  const Grant access = give();
  good.access_token = access.access_token;
  good.life = access.life;
  return good;
}

Grant AccessTokens::give() {
  Grant grant;
  grant.life = token_life_s_ > 0 ? Milliseconds{std::int64_t{1000} * token_life_s_} : life_;
  grant.access_token = "sample-access-token-" + std::to_string(given_.size() + 1);
  Given& given = given_[grant.access_token];
  given.at = elapsed_;
  if (grant.life > Milliseconds{0}) {
    given.expires = elapsed_ + grant.life;
  }
  return grant;
}

bool AccessTokens::use_refresh_token(std::string_view token, Grant& grant) {
  const auto used = std::find(refresh_tokens_.begin(), refresh_tokens_.end(), token);
  if (used == refresh_tokens_.end()) {
    return false;
  }
  grant.refresh_token = *used;
  // A client that uses a token has stored it, so older ones are dropped.
  refresh_tokens_.erase(refresh_tokens_.begin(), used);
  if (rotates_) {
    grant.rotated = true;
    grant.refresh_token = std::string(vendor_refresh_token) + "-" + std::to_string(++refresh_tokens_made_);
    if (old_dies_) {
      refresh_tokens_.erase(refresh_tokens_.begin());
    }
    refresh_tokens_.push_back(grant.refresh_token);
  }
  return true;
}

TokenStanding AccessTokens::standing(std::string_view access_token) const {
  const auto found = given_.find(access_token);
  if (found == given_.end()) {
    return TokenStanding::unknown;
  }
  if (found->second.revoked) {
    return TokenStanding::revoked;
  }
  return found->second.expires && elapsed_ >= *found->second.expires ? TokenStanding::expired : TokenStanding::good;
}

std::optional<RequestTarget> read_form(const HttpRequest& request) {
  constexpr std::string_view form_type = "application/x-www-form-urlencoded";
  const std::string_view type = find_header(request, "Content-Type").value_or("");
  if (!equal_without_case(type.substr(0, form_type.size()), form_type)) {
    return std::nullopt;
  }
  return parse_target("?" + request.body);
}

std::string_view authorization_token(const HttpRequest& request, std::string_view scheme) {
  const std::string_view header = find_header(request, "Authorization").value_or("");
  if (header.size() <= scheme.size() + 1 || header[scheme.size()] != ' ' ||
      !equal_without_case(header.substr(0, scheme.size()), scheme)) {
    return {};
  }
  return header.substr(scheme.size() + 1);
}

}  // namespace elit::simulator
