#include "core/simulator/crms/zoho.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/zoho_rules.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

HttpResponse wrong_address() {
  return zoho_refusal(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one");
}

HttpResponse wrong_method() {
  return zoho_refusal(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one");
}

bool is_id(std::string_view text) {
  return is_all_digits(text);
}

}  // namespace

Zoho::Zoho() {
  table_.make_ids_with([](const std::string&, std::uint64_t number) {
    // Longer than the integers that a double holds exactly.
    return std::to_string(5'725'767'000'000'411'000 + static_cast<std::int64_t>(number));
  });
  tokens_.set_life(std::chrono::hours{1});
}

std::optional<HttpResponse> Zoho::refusal(Trouble trouble) const {
  switch (trouble) {
    case Trouble::throttled:
      return zoho_refusal(429, "TOO_MANY_REQUESTS", "Rate limit exceeded. Please retry after the specified time.");
    case Trouble::unauthorized:
      return zoho_refusal(401, "INVALID_TOKEN", "invalid oauth token");
    case Trouble::server_error:
      return zoho_refusal(500, "INTERNAL_ERROR", "Internal Server Error");
    default:
      return std::nullopt;
  }
}

HttpResponse Zoho::answer(const HttpRequest& request, const CrmCall& call) {
  begin(call);
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 3 && path[0] == "oauth" && path[1] == "v2" && path[2] == "token") {
    return token(request, target, call);
  }
  if (std::optional<HttpResponse> refused = not_admitted(request, call)) {
    return *std::move(refused);
  }
  HttpResponse answer = serve(request, target, call);
  // A well-formed call whose records are all refused gets 400 too, with `data`.
  const std::optional<json::object> body = answer.status == 400 ? read_json_object(answer.body) : std::nullopt;
  if (answer.status == 404 || (body && !body->contains("data"))) {
    ++counts_.invalid_requests;
  }
  return answer;
}

HttpResponse Zoho::token(const HttpRequest& request, const RequestTarget& target, const CrmCall& call) {
  ++counts_.token_requests;
  if (faults_.token_throttled.active(call.elapsed)) {
    return json_answer(400,
                       json::object{{"error", "Access Denied"},
                                    {"error_description",
                                     "You have made too many requests continuously. Please try again after some time."},
                                    {"status", "failure"}});
  }
  if (request.method != "POST") {
    ++counts_.invalid_requests;
    return json_answer(400, json::object{{"error", "invalid_request"}});
  }
  RequestTarget parameters = target;
  if (const std::optional<RequestTarget> form = read_form(request)) {
    parameters.query.insert(parameters.query.end(), form->query.begin(), form->query.end());
  }
  const bool refreshing = parameters.value("grant_type") == "refresh_token";
  const Grant grant =
      refreshing ? tokens_.grant(parameters) : Grant{GrantMistake::unsupported_grant_type, "", "", {}, {}};
  if (grant.mistake != GrantMistake::none) {
    const char* error = grant.mistake == GrantMistake::invalid_client  ? "invalid_client"
                        : grant.mistake == GrantMistake::invalid_grant ? "invalid_code"
                                                                       : "unsupported_grant_type";
    return json_answer(200, json::object{{"error", error}});
  }
  ++counts_.tokens_given;
  json::object reply{{"access_token", grant.access_token},
                     {"scope", "ZohoCRM.modules.ALL"},
                     {"api_domain", call.base_url},
                     {"token_type", "Bearer"},
                     {"expires_in", std::chrono::floor<std::chrono::seconds>(grant.life).count()}};
  if (grant.rotated) {
    reply["refresh_token"] = grant.refresh_token;
  }
  return json_answer(200, reply);
}

std::optional<HttpResponse> Zoho::not_admitted(const HttpRequest& request, const CrmCall& call) const {
  std::string_view given = authorization_token(request, "Zoho-oauthtoken");
  if (given.empty()) {
    given = authorization_token(request, "Bearer");
  }
  if (tokens_.standing(given) != TokenStanding::good) {
    return zoho_refusal(401, "INVALID_TOKEN", "invalid oauth token");
  }
  if (faults_.quota_spent.active(call.elapsed)) {
    return zoho_refusal(429, "TOO_MANY_REQUESTS", "You have reached your maximum API credits of 24 hours");
  }
  if (faults_.forbidden.active(call.elapsed)) {
    json::array permissions;
    permissions.emplace_back("Crm_Implied_Api_Access");
    json::object details;
    details["permissions"] = std::move(permissions);
    return zoho_refusal(403, "NO_PERMISSION", "permission denied", std::move(details));
  }
  return std::nullopt;
}

HttpResponse Zoho::serve(const HttpRequest& request, const RequestTarget& target, const CrmCall& call) {
  const std::vector<std::string>& path = target.segments;
  if (path.size() < 3 || path.size() > 5 || path[0] != "crm" || path[1] != "v8") {
    return wrong_address();
  }
  return path.size() == 3 && path[2] == "Notes" ? serve_notes(request, call) : serve_records(request, target, call);
}

HttpResponse Zoho::serve_records(const HttpRequest& request, const RequestTarget& target, const CrmCall& call) {
  const std::vector<std::string>& path = target.segments;
  const std::string& module = path[2];
  if (!zoho_knows_module(module)) {
    json::object details{{"resource_path_index", 0}};
    return zoho_refusal(400, "INVALID_MODULE", "the module name given seems to be invalid", std::move(details));
  }
  if (path.size() == 4 && path[3] == "upsert") {
    return request.method == "POST" ? upsert(module, request, call) : wrong_method();
  }
  if (path.size() == 4 && path[3] == "search") {
    return request.method == "GET" ? search(module, target) : wrong_method();
  }
  if (path.size() == 5 && path[4] == "Notes" && is_id(path[3])) {
    return request.method == "GET" ? notes_of(module, path[3], target) : wrong_method();
  }
  return wrong_address();
}

}  // namespace elit::simulator
