#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/crm/response.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"

// Reads what a CRM's response says about the items of its request, by the rules of the preset.
namespace elit::crm {

// What a response says about one item.
struct ItemReading {
  Verdict verdict = Verdict::unknown;
  bool again = false;     // with retry: only another item failed; send this one again at once without it
  std::string remote_id;  // empty: the response names none
  std::map<std::string, std::string> saved;
  std::string code;  // the CRM's error code, see code_word(); or "HTTP 400"
  VerdictRule::Effect effect = VerdictRule::Effect::none;
  std::string field;               // misconfigured: the field that has to have a value; empty: no such reason
  std::string advice;              // of the rule that decided
  std::string error;               // the last error to record: one line
  std::vector<std::string> texts;  // of an item that was refused: see texts_of_refusal()
};

// The response to a request that writes or links.
struct Reading : ResponseReading {
  std::vector<ItemReading> items;  // one for each item of the request; empty with `whole`
};
// `items` are the scopes of the request's items, in their order. `now` resolves dates in headers.
[[nodiscard]] Reading read_reply(const Preset& preset, const Step& step, const ParsedResponse& response,
                                 const Items& items, Instant now);

// What the response to a request that finds or reads says about one item.
struct Finding {
  enum class State {
    found,
    absent,
    unclear,  // not in the list, and the list is incomplete
  };
  State state = State::unclear;
  std::string remote_id;
  std::map<std::string, std::string> saved;
  boost::json::object current;  // reads: the fields the CRM has
};
struct FindReading : ResponseReading {
  std::vector<Finding> items;  // one for each item of the request; empty with `whole`
};
[[nodiscard]] FindReading read_find(const Preset& preset, const Step& step, const ParsedResponse& response,
                                    const Items& items, Instant now);

// The response of the token endpoint; `whole` is absent, retry, throttled, unauthorized or misconfigured.
struct TokenReading : ResponseReading {
  std::map<std::string, std::string> values;  // the values of TokenRequest::values that the response contains
};
[[nodiscard]] TokenReading read_token(const Credential::TokenRequest& request, const HttpResponse& response,
                                      Instant now);

}  // namespace elit::crm
