#include "core/simulator/crms/salesforce.hpp"

#include <boost/json/array.hpp>

#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/signed_assertion.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr Milliseconds session_life{std::chrono::hours{2}};
constexpr Milliseconds assertion_life_max{std::chrono::minutes{3}};
constexpr Milliseconds quota_span{std::chrono::hours{24}};
constexpr Milliseconds window{std::chrono::seconds{10}};
constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// The youngest version that has each resource used here.
constexpr int version_min = 31;
constexpr int version_of_collections = 46;
constexpr int version_max = 66;

HttpResponse token_refusal(const char* error, const std::string& description) {
  json::object body;
  body["error"] = error;
  body["error_description"] = description;
  return json_answer(400, body);
}

std::string make_id(const std::string& object, std::uint64_t number) {
  const char* prefix = object == "Contact" ? "003" : object == "Task" ? "00T" : "a00";
  const std::string digits = std::to_string(number);
  return prefix + std::string(12 - digits.size(), '0') + digits + "AAA";
}

// NN of a path segment vNN.0; zero: another segment.
int version_of(std::string_view segment) {
  if (segment.size() < 4 || segment.front() != 'v' || !segment.ends_with(".0")) {
    return 0;
  }
  const std::optional<std::int64_t> number = parse_integer(segment.substr(1, segment.size() - 3));
  return number && *number >= version_min && *number <= version_max ? static_cast<int>(*number) : 0;
}

bool is_json(const HttpRequest& request) {
  constexpr std::string_view json_type = "application/json";
  return equal_without_case(find_header(request, "Content-Type").value_or("").substr(0, json_type.size()), json_type);
}

bool is_write(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

HttpResponse salesforce_error(int status, const SalesforceError& error) {
  json::object said;
  said["message"] = error.message;
  said["errorCode"] = error.code;
  if (!error.fields.empty()) {
    said["fields"] = json::array(error.fields.begin(), error.fields.end());
  }
  json::array errors;
  errors.push_back(std::move(said));
  return json_answer(status, errors);
}

Salesforce::Salesforce(SalesforceOptions options) : options_(std::move(options)) {
  tokens_.set_life(session_life);
  table_.make_ids_with(make_id);
}

HttpResponse Salesforce::answer(const HttpRequest& request, const CrmCall& call) {
  begin(call);
  elapsed_ = call.elapsed;
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 3 && path[0] == "services" && path[1] == "oauth2" && path[2] == "token") {
    return give_token(request, call);
  }
  count_call(call.now);
  HttpResponse answer = serve(request, target);
  const int used = quota_is_spent() ? options_.calls_per_day : calls_;
  answer.headers.push_back(
      {"Sforce-Limit-Info", "api-usage=" + std::to_string(used) + "/" + std::to_string(options_.calls_per_day)});
  return answer;
}

std::optional<HttpResponse> Salesforce::refusal(Trouble trouble) const {
  SalesforceError error;
  switch (trouble) {
    case Trouble::unauthorized:
      error = {"INVALID_SESSION_ID", "Session expired or invalid", {}};
      return salesforce_error(401, error);
    case Trouble::throttled:
      error = {"REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", {}};
      return salesforce_error(403, error);
    case Trouble::server_error:
      error = {
          "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support", {}};
      return salesforce_error(500, error);
    case Trouble::down:
      error = {"SERVER_UNAVAILABLE", "The server is too busy to handle the request", {}};
      return salesforce_error(503, error);
    default:
      return std::nullopt;
  }
}

HttpResponse Salesforce::give_token(const HttpRequest& request, const CrmCall& call) {
  ++counts_.token_requests;
  if (faults_.token_throttled.active(call.elapsed)) {
    return token_refusal("invalid_grant", "login rate exceeded");
  }
  const std::optional<RequestTarget> form = read_form(request);
  if (request.method != "POST" || !form) {
    ++counts_.invalid_requests;
    return token_refusal("unsupported_grant_type", "grant type not supported");
  }
  const std::string_view type = form->value("grant_type").value_or("");
  Grant grant;
  if (type == jwt_bearer) {
    if (const auto mistake = assertion_mistake(form->value("assertion").value_or(""), call)) {
      return token_refusal("invalid_grant", *mistake);
    }
    grant = tokens_.give();
  } else if (type == "client_credentials") {
    if (form->value("client_id") != vendor_client_id) {
      return token_refusal("invalid_client_id", "client identifier invalid");
    }
    grant = tokens_.grant(*form);
    if (grant.mistake != GrantMistake::none) {
      return token_refusal("invalid_client", "invalid client credentials");
    }
  } else {
    ++counts_.invalid_requests;
    return token_refusal("unsupported_grant_type", "grant type not supported");
  }
  ++counts_.tokens_given;
  json::object body;
  body["access_token"] = grant.access_token;
  body["scope"] = "api";
  body["instance_url"] = call.base_url;
  body["id"] = "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA";
  body["token_type"] = "Bearer";
  body["issued_at"] = std::to_string(to_ms(call.now));
  return json_answer(200, body);
}

std::optional<std::string> Salesforce::assertion_mistake(std::string_view text, const CrmCall& call) const {
  const std::optional<SignedAssertion> assertion = read_assertion(text);
  if (!assertion || assertion->header.if_contains("alg") == nullptr || assertion->header.at("alg") != "RS256") {
    return "invalid assertion";
  }
  if (!options_.assertion_key.empty() && !is_signed_by(*assertion, options_.assertion_key)) {
    return "invalid assertion";
  }
  if (assertion->claim("iss") != vendor_client_id) {
    return "client identifier invalid";
  }
  const std::string audience = assertion->claim("aud");
  if (audience != "https://login.salesforce.com" && audience != "https://test.salesforce.com" &&
      audience != call.base_url) {
    return "audience is invalid";
  }
  const json::value* expiry = assertion->claims.if_contains("exp");
  if (expiry == nullptr || !expiry->is_int64()) {
    return "invalid assertion";
  }
  const std::int64_t left_s = expiry->get_int64() - to_ms(call.now) / 1000;
  if (left_s <= 0 || left_s > assertion_life_max.count() / 1000) {
    return "expired authorization code";
  }
  if (assertion->claim("sub") != vendor_login) {
    return "user hasn't approved this consumer";
  }
  return std::nullopt;
}

void Salesforce::count_call(Instant now) {
  if (!day_begin_ || now >= *day_begin_ + quota_span) {
    day_begin_ = now;
    calls_ = 0;
  }
  ++calls_;
  latest_calls_.push_back(now);
  while (latest_calls_.front() + window <= now) {
    latest_calls_.pop_front();
  }
}

bool Salesforce::comes_too_fast() const {
  return faults_.window_calls_max > 0 && latest_calls_.size() > static_cast<std::size_t>(faults_.window_calls_max);
}

bool Salesforce::quota_is_spent() const {
  return faults_.quota_spent.active(elapsed_) || calls_ > options_.calls_per_day;
}

HttpResponse Salesforce::serve(const HttpRequest& request, const RequestTarget& target) {
  const std::vector<std::string>& path = target.segments;
  const int version = path.size() > 3 && path[0] == "services" && path[1] == "data" ? version_of(path[2]) : 0;
  if (version == 0) {
    return refuse(404, "NOT_FOUND", "The requested resource does not exist");
  }
  if (tokens_.standing(authorization_token(request, "Bearer")) != TokenStanding::good) {
    return *refusal(Trouble::unauthorized);
  }
  if (quota_is_spent() || comes_too_fast()) {
    return *refusal(Trouble::throttled);
  }
  if (faults_.forbidden.active(elapsed_)) {
    SalesforceError error;
    error.code = "API_DISABLED_FOR_ORG";
    error.message = "The REST API is not enabled for this Organization.";
    return salesforce_error(403, error);
  }
  if (is_write(request) && !is_json(request)) {
    return refuse(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type header specified in HTTP request is not supported");
  }
  return route(request, target, version);
}

HttpResponse Salesforce::route(const HttpRequest& request, const RequestTarget& target, int version) {
  const std::vector<std::string>& path = target.segments;
  const bool collections = path[3] == "composite" && path.size() == 7 && path[4] == "sobjects";
  const bool of_object = path[3] == "sobjects" && path.size() > 5;
  if (path[3] == "query" && path.size() == 4) {
    return request.method == "GET" ? query(path[2], target.value("q").value_or("")) : wrong_method(request, "GET");
  }
  const std::optional<std::string> object =
      collections || of_object ? find_object(options_.fields, path[collections ? 5 : 4]) : std::nullopt;
  if (!object || (collections && version < version_of_collections)) {
    return refuse(404, "NOT_FOUND", "The requested resource does not exist");
  }
  if (collections) {
    return request.method == "PATCH" ? upsert_collection(request, *object, path[6]) : wrong_method(request, "PATCH");
  }
  if (path.size() == 6 && path[5] == "describe") {
    return request.method == "GET" ? json_answer(200, describe(options_.fields, *object))
                                   : wrong_method(request, "GET");
  }
  if (path.size() == 7) {
    return request.method == "PATCH" ? upsert_one(request, *object, path[5], path[6]) : wrong_method(request, "PATCH");
  }
  return refuse(404, "NOT_FOUND", "The requested resource does not exist");
}

HttpResponse Salesforce::wrong_method(const HttpRequest& request, const std::string& allowed) {
  return refuse(405, "METHOD_NOT_ALLOWED", "HTTP Method '" + request.method + "' not allowed. Allowed are " + allowed);
}

HttpResponse Salesforce::refuse(int status, std::string code, std::string message) {
  SalesforceError error;
  error.code = std::move(code);
  error.message = std::move(message);
  return refuse(status, error);
}

HttpResponse Salesforce::refuse(int status, const SalesforceError& error) {
  ++counts_.invalid_requests;
  return salesforce_error(status, error);
}

}  // namespace elit::simulator
