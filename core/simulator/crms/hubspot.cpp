#include "core/simulator/crms/hubspot.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr Milliseconds window{10'000};
constexpr std::int64_t window_calls_of_paid_accounts = 190;
constexpr std::int64_t daily_calls = 650'000;

// YYYY-MM
bool is_version(std::string_view text) {
  return text.size() == 7 && text[4] == '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || is_digit(c); });
}

HubSpotError refusal_of(int status, const char* category, std::string message) {
  HubSpotError error;
  error.status = status;
  error.category = category;
  error.message = std::move(message);
  return error;
}

bool is_json(const HttpRequest& request) {
  constexpr std::string_view json_type = "application/json";
  const std::string_view type = find_header(request, "Content-Type").value_or("");
  return equal_without_case(type.substr(0, json_type.size()), json_type);
}

}  // namespace

HubSpot::HubSpot() {
  // As in HubSpot, ids of all objects are numbers of one form without meaning.
  table_.make_ids_with([](const std::string&, std::uint64_t number) { return std::to_string(500 + number); });
  tokens_.set_life(std::chrono::minutes{30});
}

std::optional<HttpResponse> HubSpot::refusal(Trouble trouble) const {
  switch (trouble) {
    case Trouble::throttled:
      return hubspot_throttled("TEN_SECONDLY_ROLLING", counts_.requests);
    case Trouble::unauthorized:
      return refuse(refusal_of(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."));
    case Trouble::server_error:
      return refuse(refusal_of(500, "INTERNAL_ERROR", "internal error"));
    default:
      return std::nullopt;
  }
}

HttpResponse HubSpot::answer(const HttpRequest& request, const CrmCall& call) {
  begin(call);
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 3 && path[0] == "oauth" && is_version(path[1]) && path[2] == "token") {
    return token(request, call);
  }
  if (std::optional<HttpResponse> refused = not_admitted(request, call)) {
    return *std::move(refused);
  }
  HttpResponse answer =
      path.size() >= 4 && path[0] == "crm" && is_version(path[2]) ? serve(request, path, call) : no_such_address();
  if (answer.status == 400 || answer.status == 405 || answer.status == 415) {
    ++counts_.invalid_requests;
  }
  add_limits(answer);
  return answer;
}

HttpResponse HubSpot::token(const HttpRequest& request, const CrmCall& call) {
  ++counts_.token_requests;
  if (faults_.token_throttled.active(call.elapsed)) {
    return hubspot_throttled("TEN_SECONDLY_ROLLING", counts_.requests);
  }
  const std::optional<RequestTarget> form = read_form(request);
  if (request.method != "POST" || !form) {
    ++counts_.invalid_requests;
    return refuse(refusal_of(request.method == "POST" ? 415 : 405, "VALIDATION_ERROR", "POST a form"));
  }
  const auto refused = [&](const char* status, const char* error, const char* message) {
    return hubspot_token_refusal(status, error, message, counts_.requests);
  };
  if (form->value("grant_type") != "refresh_token") {
    ++counts_.invalid_requests;
    return refused("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type");
  }
  const Grant grant = tokens_.grant(*form);
  if (grant.mistake == GrantMistake::invalid_grant) {
    return refused("BAD_REFRESH_TOKEN", "invalid_grant", "missing or unknown refresh token");
  }
  if (grant.mistake != GrantMistake::none) {
    return refused("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id, or a wrong client secret");
  }
  ++counts_.tokens_given;
  return json_answer(200, json::object{{"token_type", "bearer"},
                                       {"access_token", grant.access_token},
                                       {"refresh_token", grant.refresh_token},
                                       {"expires_in", std::chrono::floor<std::chrono::seconds>(grant.life).count()},
                                       {"hub_id", 1},
                                       {"scopes", json::array()}});
}

std::optional<HttpResponse> HubSpot::not_admitted(const HttpRequest& request, const CrmCall& call) {
  while (!calls_.empty() && calls_.front() + window <= call.elapsed) {
    calls_.pop_front();
  }
  if (std::optional<HttpResponse> refused = not_authentic(request)) {
    return refused;
  }
  if (faults_.quota_spent.active(call.elapsed)) {
    return hubspot_throttled("DAILY", counts_.requests);
  }
  if (faults_.window_calls_max > 0 && calls_.size() >= static_cast<std::size_t>(faults_.window_calls_max)) {
    HttpResponse throttled = hubspot_throttled("TEN_SECONDLY_ROLLING", counts_.requests);
    add_limits(throttled);
    return throttled;
  }
  calls_.push_back(call.elapsed);
  if (faults_.forbidden.active(call.elapsed)) {
    return refuse(
        refusal_of(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call."));
  }
  if (faults_.locked.active(call.elapsed) && request.method != "GET" && !request.target.ends_with("/batch/read")) {
    return refuse(refusal_of(423, "LOCKED", "The resource is locked, try again in two seconds."));
  }
  return std::nullopt;
}

std::optional<HttpResponse> HubSpot::not_authentic(const HttpRequest& request) const {
  const std::string_view given = authorization_token(request, "Bearer");
  if (given == vendor_api_key) {
    return std::nullopt;
  }
  switch (tokens_.standing(given)) {
    case TokenStanding::good:
      return std::nullopt;
    case TokenStanding::expired:
      return refuse(refusal_of(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired."));
    default:
      return refuse(refusal_of(401, "INVALID_AUTHENTICATION",
                               "Authentication credentials not found. This API supports OAuth 2.0 authentication."));
  }
}

void HubSpot::add_limits(HttpResponse& answer) const {
  const auto used = static_cast<std::int64_t>(calls_.size());
  const std::int64_t most = faults_.window_calls_max > 0 ? faults_.window_calls_max : window_calls_of_paid_accounts;
  const std::int64_t left = std::max<std::int64_t>(most - used, faults_.window_calls_max > 0 ? 0 : 1);
  const auto requests = static_cast<std::int64_t>(counts_.requests);
  answer.headers.push_back({"X-HubSpot-RateLimit-Max", std::to_string(most)});
  answer.headers.push_back({"X-HubSpot-RateLimit-Remaining", std::to_string(left)});
  answer.headers.push_back({"X-HubSpot-RateLimit-Interval-Milliseconds", std::to_string(window.count())});
  answer.headers.push_back({"X-HubSpot-RateLimit-Daily", std::to_string(daily_calls)});
  answer.headers.push_back(
      {"X-HubSpot-RateLimit-Daily-Remaining", std::to_string(std::max<std::int64_t>(daily_calls - requests, 0))});
}

HttpResponse HubSpot::no_such_address() {
  ++counts_.invalid_requests;
  return refuse(refusal_of(404, "OBJECT_NOT_FOUND", "No such address"));
}

HttpResponse HubSpot::serve(const HttpRequest& request, const std::vector<std::string>& path, const CrmCall& call) {
  if (path[1] == "properties" && path.size() <= 5) {
    return serve_properties(request, path);
  }
  const bool objects = path[1] == "objects" && path.size() == 6 && path[4] == "batch";
  const bool associations = path[1] == "associations" && path.size() >= 7 && path[5] == "batch";
  if (!objects && !associations) {
    return no_such_address();
  }
  if (request.method != "POST") {
    return refuse(refusal_of(405, "VALIDATION_ERROR", "Method not allowed, use POST"));
  }
  if (!is_json(request)) {
    return refuse(refusal_of(415, "VALIDATION_ERROR", "The Content-Type must be application/json"));
  }
  const std::optional<json::object> body = read_json_object(request.body);
  if (!body) {
    return refuse(refusal_of(400, "VALIDATION_ERROR", "Invalid input JSON"));
  }
  return objects ? serve_objects(*body, path[3], path[5], call) : serve_associations(*body, path, call);
}

HttpResponse HubSpot::serve_properties(const HttpRequest& request, const std::vector<std::string>& path) {
  const std::string& object = path[3];
  const json::object* known = path.size() == 5 ? properties_.find(object, path[4]) : nullptr;
  if (!properties_.known_object(object)) {
    return refuse(refusal_of(400, "VALIDATION_ERROR", "Unable to infer object type from: " + object));
  }
  if (path.size() == 5 && request.method == "GET") {
    return known != nullptr
               ? json_answer(200, *known)
               : refuse(refusal_of(404, "OBJECT_NOT_FOUND", "Property " + path[4] + " of " + object + " not found"));
  }
  if (path.size() != 4 || request.method != "POST") {
    return refuse(refusal_of(405, "VALIDATION_ERROR", "Method not allowed"));
  }
  if (!is_json(request)) {
    return refuse(refusal_of(415, "VALIDATION_ERROR", "The Content-Type must be application/json"));
  }
  if (!faults_.fields_creatable) {
    return refuse(
        refusal_of(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call."));
  }
  const std::optional<json::object> body = read_json_object(request.body);
  if (!body) {
    return refuse(refusal_of(400, "VALIDATION_ERROR", "Invalid input JSON"));
  }
  if (const std::optional<HubSpotError> wrong = properties_.add(object, *body, faults_.unique_activities)) {
    return refuse(*wrong);
  }
  return json_answer(201, *properties_.find(object, *text_member(*body, "name")));
}

HttpResponse HubSpot::serve_objects(const json::object& body, const std::string& object, const std::string& verb,
                                    const CrmCall& call) {
  if (!properties_.known_object(object)) {
    return refuse(refusal_of(400, "VALIDATION_ERROR", "Unable to infer object type from: " + object));
  }
  if (verb == "upsert" || verb == "create" || verb == "update") {
    const Batch batch = verb == "upsert" ? Batch::upsert : verb == "create" ? Batch::create : Batch::update;
    return write_batch(object, batch, body, call);
  }
  return verb == "read" ? read_batch(object, body, call) : no_such_address();
}

HttpResponse HubSpot::serve_associations(const json::object& body, const std::vector<std::string>& path,
                                         const CrmCall& call) {
  const std::string& from = path[3];
  const std::string& to = path[4];
  const bool one_contact = (from == "contacts") != (to == "contacts");
  if (!properties_.known_object(from) || !properties_.known_object(to) || !one_contact) {
    return refuse(refusal_of(400, "VALIDATION_ERROR", "No association between " + from + " and " + to));
  }
  if (path.size() == 8 && path[6] == "associate" && path[7] == "default") {
    return associate(body, from, to, call);
  }
  return path.size() == 7 && path[6] == "read" ? read_associations(body, from, to, call) : no_such_address();
}

}  // namespace elit::simulator
