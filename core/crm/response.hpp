#pragma once

#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/http_message.hpp"
#include "core/instant.hpp"

// Evaluates the rules of a preset on a response. In all functions `element` is an element of a list, or null for the
// whole response.
namespace elit::crm {

// A response with its parsed body. `http` must outlive it.
struct ParsedResponse {
  const HttpResponse& http;
  boost::json::value body;  // null unless `is_json`
  bool is_json = false;
};
[[nodiscard]] ParsedResponse parse(const HttpResponse& response);

// The value at a JSON pointer; null when there is none.
[[nodiscard]] const boost::json::value* resolve_pointer(const boost::json::value& value, const std::string& pointer);

// The value at a place, as text; absent when there is none or it is null.
[[nodiscard]] std::optional<std::string> value_at(const Locator& at, const ParsedResponse& response,
                                                  const boost::json::value* element);

// The values of `save` that the response contains, by name.
[[nodiscard]] std::map<std::string, std::string> saved_values(const std::map<std::string, Locator>& save,
                                                              const ParsedResponse& response,
                                                              const boost::json::value* element);

// The CRM's id of a record; empty when there is none, or when it is longer than remote_id_size_max.
[[nodiscard]] std::string remote_id_at(const std::optional<Locator>& at, const ParsedResponse& response,
                                       const boost::json::value* element);

[[nodiscard]] bool all_hold(const std::vector<Condition>& conditions, const ParsedResponse& response,
                            const boost::json::value* element);

[[nodiscard]] bool status_in(const std::vector<std::pair<int, int>>& statuses, int status);

// The first rule that holds; null: none. A rule with the effect `gone` holds only if `uses_ids`: the request names
// records by ids that the CRM gave.
[[nodiscard]] const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const ParsedResponse& response,
                                          const boost::json::value* element, bool uses_ids);

// The name of the field that a rule speaks of, as a word; empty: none.
[[nodiscard]] std::string field_at(const VerdictRule& rule, const ParsedResponse& response,
                                   const boost::json::value* element);

// The wait that the response requests: the longer one of its Retry-After and the wait of `rule`, which may be null.
[[nodiscard]] std::optional<Milliseconds> wait_of(const VerdictRule* rule, const ParsedResponse& response, Instant now);

// The meaning of a response as a whole.
struct ResponseReading {
  std::optional<Verdict> whole;      // absent: a success response, which is read item by item
  std::string detail;                // of `whole`: one line for the log, without text of the CRM
  std::string reason;                // the same with an excerpt of the response, for `last_error`
  std::string remote_id;             // `exists`: the id of the existing record
  std::optional<Milliseconds> wait;  // before the next request, with any verdict
  VerdictRule::Effect effect = VerdictRule::Effect::none;
  std::string field;               // misconfigured: the field that has to have a value; empty: no such reason
  bool by_status = false;          // no rule of the preset applies: the status alone decides
  bool may_be_field = false;       // of a refusal: a field of the record may be the cause
  std::string code;                // of such a refusal: the CRM's error code, or "HTTP 400"
  std::vector<std::string> texts;  // of such a refusal: see texts_of_refusal()
};
// The verdict on a response that is not a success. The first rule of `tables` that holds decides; without one, the
// status decides. The detail begins with `place`.
[[nodiscard]] ResponseReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables,
                                         const std::string& place, const ParsedResponse& response, Instant now,
                                         bool uses_ids);

}  // namespace elit::crm
