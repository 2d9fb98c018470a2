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

// The access token of one sink: when a new one is asked for, what the token endpoint's answers mean, and what has to be
// kept over a restart. Pure; one request at a time is the caller's business.
//
// A refresh token that the endpoint replaces takes the place of the configured one, until the configured secrets
// change. It is kept on disk before anything is done with what came with it: who crashes between the two finds either
// the old one, which the vendor may still accept, or the new one, and never uses one that is lost with the process.
class TokenKeeper {
 public:
  // `design` outlives the keeper.
  explicit TokenKeeper(const SinkDesign& design);

  // False: requests carry secrets only, and there is nothing to be kept.
  [[nodiscard]] bool needed() const { return request_ != nullptr; }
  // What placeholders see as `token`: an object, empty while there is no token.
  [[nodiscard]] const boost::json::value& values() const { return values_; }
  // Grows with every new token; 0: none yet.
  [[nodiscard]] int version() const { return version_; }
  // There is a token that was not refused and has some life left.
  [[nodiscard]] bool is_fresh(Instant now) const;

  // The request for a new token. Fails when an assertion cannot be signed with the key that is configured.
  [[nodiscard]] Result<CrmRequest> request(const boost::json::value& secrets, Instant now) const;

  struct Outcome {
    std::optional<Verdict> trouble;  // absent: there is a new token, in force after kept()
    std::string detail;
    std::optional<Milliseconds> wait;
    std::string to_keep;  // for the token file, to be kept before kept() is called; empty: nothing new
  };
  // `secrets`: those of the request.
  [[nodiscard]] Outcome on_answer(const HttpResponse& answer, const boost::json::value& secrets, Instant now);
  [[nodiscard]] Outcome on_failure(const Failure& failure) const;
  void kept();

  // What the CRM said to the token of that version; nothing when a newer one is in force.
  void accepted(int version);
  void refused(int version);
  // Whether a new token may help after the present one was refused: it was accepted once, or was stored earlier. A
  // token that is refused on its first use is not renewed: the next one would be refused too.
  [[nodiscard]] bool may_renew() const { return needed() && (proven_ || version_ != version_given_); }

  // The configured secrets have changed: drops every token and starts again.
  void forget();
  // What no log and no record may say.
  [[nodiscard]] std::vector<std::string> secrets_to_redact() const;

  // What the token file holds. A text that is not ours, or was kept under other secrets, changes nothing.
  void take_up(std::string_view kept, const boost::json::value& secrets, Instant now);

 private:
  [[nodiscard]] bool accepts_base_url(const std::string& url) const;
  [[nodiscard]] boost::json::value current_secrets(const boost::json::value& secrets) const;

  const SinkDesign& design_;
  const Credential::TokenRequest* request_ = nullptr;
  boost::json::value values_;
  boost::json::value next_;  // given, and not kept yet
  std::optional<Instant> expires_;
  std::optional<Instant> next_expires_;
  std::optional<Instant> given_at_;
  std::string refresh_token_;  // that replaced the configured one; empty: none did
  int version_ = 0;
  int version_given_ = 0;  // of the latest token that the endpoint gave to this process; 0: none
  bool refused_ = false;
  bool proven_ = false;  // the CRM accepted the present token
};

}  // namespace elit::crm
