#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

#include "core/http_message.hpp"

// The bodies of HubSpot's errors (developers.hubspot.com/docs/api-reference/error-handling).
namespace elit::simulator {

struct HubSpotError {
  int status = 400;
  std::string category = "VALIDATION_ERROR";
  std::string message;
  boost::json::object context;  // arrays of texts
};

// The answer to a request that fails as a whole. The correlationId follows from `number`, the number of the request.
[[nodiscard]] HttpResponse hubspot_answer(const HubSpotError& error, std::uint64_t number);

// The error of one record of a batch, for the list `errors` of the answer.
[[nodiscard]] boost::json::object hubspot_item(const HubSpotError& error);

// 429 by a policy: TEN_SECONDLY_ROLLING or DAILY.
[[nodiscard]] HttpResponse hubspot_throttled(std::string_view policy, std::uint64_t number);

// A refusal of the token endpoint. `status` is a word such as BAD_REFRESH_TOKEN.
[[nodiscard]] HttpResponse hubspot_token_refusal(std::string_view status, std::string_view error,
                                                 std::string_view message, std::uint64_t number);

// {"name": ["value"]}, the form of every context.
[[nodiscard]] boost::json::object hubspot_context(std::string_view name, const std::string& value);

}  // namespace elit::simulator
