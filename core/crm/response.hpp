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

// A response as the rules of a preset see it. In all functions `element` is the element of a list that is meant, or
// null for the whole response.
namespace elit::crm {

// A response with its body parsed once; `http` outlives it.
struct ParsedResponse {
  const HttpResponse& http;
  boost::json::value body;  // null unless `is_json`
  bool is_json = false;
};
[[nodiscard]] ParsedResponse parse(const HttpResponse& response);

// The value a JSON pointer names; null when there is none.
[[nodiscard]] const boost::json::value* resolve_pointer(const boost::json::value& value, const std::string& pointer);

// The value at a place, as text; absent when there is none or it is null.
[[nodiscard]] std::optional<std::string> value_at(const Locator& at, const ParsedResponse& response,
                                                  const boost::json::value* element);

// What is to be saved, by name.
[[nodiscard]] std::map<std::string, std::string> saved_values(const std::map<std::string, Locator>& save,
                                                              const ParsedResponse& response,
                                                              const boost::json::value* element);

// The CRM's id of a record; empty when there is none, or one too long to be an id.
[[nodiscard]] std::string remote_id_at(const std::optional<Locator>& at, const ParsedResponse& response,
                                       const boost::json::value* element);

[[nodiscard]] bool all_hold(const std::vector<Condition>& conditions, const ParsedResponse& response,
                            const boost::json::value* element);

[[nodiscard]] bool status_in(const std::vector<std::pair<int, int>>& statuses, int status);

// The first rule that holds; null when none does.
[[nodiscard]] const VerdictRule* rule_for(const std::vector<VerdictRule>& rules, const ParsedResponse& response,
                                          const boost::json::value* element);

// How long the response asks to wait: the longer of its Retry-After and what `rule`, which may be null, says.
[[nodiscard]] std::optional<Milliseconds> wait_of(const VerdictRule* rule, const ParsedResponse& response, Instant now);

// What a response says as a whole.
struct ResponseReading {
  std::optional<Verdict> whole;      // absent: it is a good one, which speaks of single items
  std::string detail;                // of `whole`: one line of ours for the log, nothing the CRM wrote
  std::string reason;                // the same with an excerpt of the response, for `last_error`
  std::string remote_id;             // `exists`: the record that is there
  std::optional<Milliseconds> wait;  // before the next request, whatever the verdict
};
// The verdict on a response that is not a good one. `tables` are asked in their order; where no rule holds, the status
// decides. `place` begins the detail.
[[nodiscard]] ResponseReading read_whole(const std::vector<const std::vector<VerdictRule>*>& tables,
                                         const std::string& place, const ParsedResponse& response, Instant now);

}  // namespace elit::crm
