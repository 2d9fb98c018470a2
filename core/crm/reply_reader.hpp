#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"

// What a CRM's answer means, by the rules of its preset.
namespace elit::crm {

// What an answer says about one item of its request.
struct ItemReading {
  Verdict verdict = Verdict::unknown;
  bool again = false;     // with retry: only a neighbour was to blame; to be sent again at once, without that one
  std::string remote_id;  // empty: the answer names none
  std::map<std::string, std::string> saved;
  std::string code;   // the CRM's own, at most a few words
  std::string error;  // what is kept as the last error: one line
};

// What an answer to a request that writes or links says. Either `items` has one reading for each item, or the answer as
// a whole is no good one and `whole` says what it is.
struct Reading {
  std::optional<Verdict> whole;
  std::vector<ItemReading> items;
  std::string detail;                // of `whole`: one line of ours for the log, nothing the CRM wrote
  std::string reason;                // the same with an excerpt of the answer, for `last_error`
  std::string remote_id;             // `exists`: the record that is there
  std::optional<Milliseconds> wait;  // before the next request, whatever the verdict
};

// `items`: the scopes of the request's items, in their order. `now` resolves dates in headers.
[[nodiscard]] Reading read_reply(const Preset& preset, const Step& step, const HttpResponse& answer, const Items& items,
                                 Instant now);

// What an answer to a request that finds or reads says about one item.
struct Finding {
  enum class State {
    found,
    absent,
    unclear,  // not among those listed, and not all were listed
  };
  State state = State::unclear;
  std::string remote_id;
  std::map<std::string, std::string> saved;
  boost::json::object current;  // reads: the fields the CRM has
};
struct FindReading {
  std::optional<Verdict> whole;
  std::vector<Finding> items;
  std::string detail;
  std::string reason;
  std::optional<Milliseconds> wait;
};
[[nodiscard]] FindReading read_find(const Preset& preset, const Step& step, const HttpResponse& answer,
                                    const Items& items, Instant now);

// What an answer of the token endpoint says.
struct TokenReading {
  std::optional<Verdict> whole;  // absent: a good answer; else retry, throttled, unauthorized or misconfigured
  std::map<std::string, std::string> values;  // those of TokenRequest::values that it has
  std::string detail;
  std::string reason;
  std::optional<Milliseconds> wait;
};
[[nodiscard]] TokenReading read_token(const Credential::TokenRequest& request, const HttpResponse& answer, Instant now);

// The value at a place of an answer or, where `element` is not null, of an element of it; absent when there is none or
// it is null.
[[nodiscard]] std::optional<std::string> located(const Locator& at, const HttpResponse& answer,
                                                 const boost::json::value* element);

}  // namespace elit::crm
