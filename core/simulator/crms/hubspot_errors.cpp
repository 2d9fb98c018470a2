#include "core/simulator/crms/hubspot_errors.hpp"

#include <boost/json/array.hpp>

#include "core/simulator/crms/json_body.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

std::string correlation_id(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return "00000000-0000-4000-8000-" + std::string(digits.size() < 12 ? 12 - digits.size() : 0, '0') + digits;
}

json::string text(std::string_view view) {
  return json::string(view.data(), view.size());
}

}  // namespace

HttpResponse hubspot_answer(const HubSpotError& error, std::uint64_t number) {
  json::object body = hubspot_item(error);
  body["correlationId"] = correlation_id(number);
  return json_answer(error.status, body);
}

json::object hubspot_item(const HubSpotError& error) {
  return {{"status", "error"},        {"category", error.category}, {"message", error.message},
          {"context", error.context}, {"errors", json::array()},    {"links", json::object()}};
}

HttpResponse hubspot_throttled(std::string_view policy, std::uint64_t number) {
  const bool daily = policy == "DAILY";
  json::object body{
      {"status", "error"},
      {"message", daily ? "You have reached your daily limit." : "You have reached your ten_secondly_rolling limit."},
      {"errorType", "RATE_LIMIT"},
      {"category", "RATE_LIMITS"},
      {"correlationId", correlation_id(number)},
      {"policyName", text(policy)}};
  return json_answer(429, body);
}

HttpResponse hubspot_token_refusal(std::string_view status, std::string_view error, std::string_view message,
                                   std::uint64_t number) {
  json::object body{
      {"status", text(status)},   {"error", text(error)},           {"error_description", text(message)},
      {"message", text(message)}, {"category", "VALIDATION_ERROR"}, {"correlationId", correlation_id(number)}};
  return json_answer(400, body);
}

json::object hubspot_context(std::string_view name, const std::string& value) {
  json::array values;
  values.emplace_back(value);
  json::object context;
  context[json::string_view(name.data(), name.size())] = std::move(values);
  return context;
}

}  // namespace elit::simulator
