#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crm/request_form.hpp"
#include "core/crm/sink_design.hpp"
#include "core/delivery/delivery_answer.hpp"
#include "core/failure.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"

namespace elit::crm {

// Manages the access token of one sink: when to request a new one, what the responses of the token endpoint mean, and
// what to store for a restart. Does no I/O. The caller sends one token request at a time.
//
// If the endpoint issues a new refresh token, it replaces the configured one until the configured secrets change. It is
// stored on disk before the new access token is used. After a crash in between, the file holds the old refresh token,
// which the CRM may still accept, or the new one; a token that is only in memory is never used.
class TokenKeeper {
 public:
  // `design` outlives the keeper.
  explicit TokenKeeper(const SinkDesign& design);

  // False: requests use only secrets, and there is no token.
  [[nodiscard]] bool needed() const { return request_ != nullptr; }
  // `token` in placeholders: an object, empty while there is no token.
  [[nodiscard]] const boost::json::value& values() const { return values_; }
  // Grows with every new token; 0: there was none yet.
  [[nodiscard]] int version() const { return version_; }
  // Whether there is a token that was not refused and is still valid for some time.
  [[nodiscard]] bool is_fresh(Instant now) const;

  // The request for a new token. Fails when an assertion cannot be signed with the key that is configured.
  [[nodiscard]] Result<CrmRequest> request(const boost::json::value& secrets, Instant now) const;

  struct Outcome {
    std::optional<Verdict> trouble;  // absent: there is a new token, used after kept()
    std::string detail;
    std::optional<Milliseconds> wait;
    std::string to_keep;  // new content of the token file, to be stored before kept() is called; empty: no change
  };
  // `secrets` are the secrets of the request.
  [[nodiscard]] Outcome on_answer(const HttpResponse& answer, const boost::json::value& secrets, Instant now);
  [[nodiscard]] Outcome on_failure(const Failure& failure) const;
  void kept();

  // The CRM's reaction to the token of that version. No effect when a newer token is in use.
  void accepted(int version);
  void refused(int version);
  // Whether a new token may help after the present one was refused: it was accepted once, or was stored earlier. A
  // token that is refused on its first use is not renewed: the next one would be refused too.
  [[nodiscard]] bool may_renew() const { return needed() && (proven_ || version_ != version_given_); }

  // The configured secrets have changed: drops every token and starts again.
  void forget();
  // Secrets that must not appear in logs and records.
  [[nodiscard]] std::vector<std::string> secrets_to_redact() const;

  // Loads the content of the token file. No effect when the text is not valid, or when its token was given for another
  // base URL, by another token endpoint, or for other secrets or settings in the token request.
  void take_up(std::string_view kept, const boost::json::value& secrets, Instant now);

 private:
  // A digest of what a token was given for; it does not contain the secrets.
  [[nodiscard]] std::string origin_of(const boost::json::value& secrets) const;
  [[nodiscard]] bool accepts_base_url(const std::string& url) const;
  [[nodiscard]] boost::json::value current_secrets(const boost::json::value& secrets) const;

  const SinkDesign& design_;
  const Credential::TokenRequest* request_ = nullptr;
  boost::json::value values_;
  boost::json::value next_;  // received, not stored yet
  std::optional<Instant> expires_;
  std::optional<Instant> next_expires_;
  std::optional<Instant> given_at_;
  std::string refresh_token_;  // replaces the configured one; empty: not replaced
  int version_ = 0;
  int version_given_ = 0;  // of the latest token that this process received; 0: none
  bool refused_ = false;
  bool proven_ = false;  // the CRM accepted the present token
};

}  // namespace elit::crm
