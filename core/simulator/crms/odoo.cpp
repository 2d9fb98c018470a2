#include "core/simulator/crms/odoo.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/odoo_method.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::int64_t user_id = 7;

HttpResponse page(int status, const std::string& what) {
  return text_reply(
             status, "text/html; charset=utf-8",
             "<!doctype html>\n<html lang=en>\n<title>" + std::to_string(status) + "</title>\n<p>" + what + "</p>\n")
      .answer;
}

// Without its parameters.
std::string media_type(const HttpRequest& request) {
  const std::string_view type = find_header(request, "Content-Type").value_or("");
  return to_lower_case(type.substr(0, std::min(type.find(';'), type.size())));
}

json::object described(const std::string& name, const std::string& message, json::array arguments) {
  json::object said;
  said["name"] = name;
  said["message"] = message;
  said["arguments"] = std::move(arguments);
  said["context"] = json::object();
  said["debug"] = "Traceback (most recent call last):\n" + name + ": " + message + "\n";
  return said;
}

std::string text_at(const json::array& list, std::size_t index) {
  return index < list.size() && list[index].is_string() ? to_text(list[index].get_string()) : std::string();
}

}  // namespace

HttpResponse Odoo::answer(const HttpRequest& request, const CrmCall& call) {
  begin(call);
  elapsed_ = call.elapsed;
  const RequestTarget target = parse_target(request.target);
  const std::vector<std::string>& path = target.segments;
  if (path.size() == 1 && path[0] == "jsonrpc") {
    is_version_19_ = false;
    return json_rpc(request);
  }
  if (path.size() >= 2 && path[0] == "json" && path[1] == "2") {
    is_version_19_ = true;
    return json_2(request, target);
  }
  ++counts_.invalid_requests;
  return page(404, "The requested URL was not found on the server.");
}

bool Odoo::knows_key(std::string_view key) const {
  return key == vendor_api_key && !faults_.tokens_revoked.active(elapsed_);
}

HttpResponse Odoo::json_rpc(const HttpRequest& request) {
  const std::string type = media_type(request);
  std::optional<json::object> body = read_json_object(request.body);
  if (request.method != "POST") {
    ++counts_.invalid_requests;
    return page(405, "The method is not allowed for the requested URL.");
  }
  if ((type != "application/json" && type != "application/json-rpc") || !body) {
    ++counts_.invalid_requests;
    return page(400, body ? "Request inferred type is compatible with ['http'] but '/jsonrpc' is type='json'."
                          : "Invalid JSON data");
  }
  json::object said;
  said["jsonrpc"] = "2.0";
  said["id"] = body->contains("id") ? body->at("id") : json::value(nullptr);
  const json::object* parameters = object_member(*body, "params");
  const json::array* arguments = parameters == nullptr ? nullptr : array_member(*parameters, "args");
  Outcome outcome;
  if (arguments == nullptr) {
    outcome.thrown = Thrown{"builtins.TypeError", "dispatch_rpc() missing required arguments"};
  } else if (text_member(*parameters, "service") == "common") {
    outcome = common(text_member(*parameters, "method").value_or(""), *arguments);
  } else if (text_member(*parameters, "service") == "object" && text_member(*parameters, "method") == "execute_kw") {
    outcome = execute(*arguments);
  } else {
    outcome.thrown = Thrown{"builtins.NameError", "Method not available"};
  }
  if (outcome.thrown) {
    const bool of_python = outcome.thrown->name.starts_with("builtins.");
    counts_.invalid_requests += of_python ? 1U : 0U;
    json::array arguments_said{json::value(outcome.thrown->message)};
    json::object error;
    error["code"] = 200;
    error["message"] = "Odoo Server Error";
    error["data"] = described(outcome.thrown->name, outcome.thrown->message, std::move(arguments_said));
    said["error"] = std::move(error);
  } else {
    said["result"] = std::move(outcome.result);
  }
  return json_answer(200, said);
}

Odoo::Outcome Odoo::common(const std::string& method, const json::array& arguments) {
  Outcome outcome;
  if (method == "version") {
    outcome.result = json::object{{"server_version", "18.0"}, {"server_serie", "18.0"}, {"protocol_version", 1}};
    return outcome;
  }
  if ((method != "authenticate" || arguments.size() != 4) && (method != "login" || arguments.size() != 3)) {
    outcome.thrown = Thrown{"builtins.TypeError", "exp_authenticate() missing required positional arguments"};
    return outcome;
  }
  ++counts_.token_requests;
  const std::string database = text_at(arguments, 0);
  if (database != vendor_database) {
    outcome.thrown = Thrown{"psycopg2.OperationalError", "FATAL:  database \"" + database + "\" does not exist\n"};
    return outcome;
  }
  const bool right = text_at(arguments, 1) == vendor_login && knows_key(text_at(arguments, 2)) &&
                     !faults_.token_throttled.active(elapsed_);
  counts_.tokens_given += right ? 1U : 0U;
  outcome.result = right ? json::value(user_id) : json::value(false);
  return outcome;
}

// [database, user id, key, model, method, arguments, named arguments]
Odoo::Outcome Odoo::execute(const json::array& arguments) {
  Outcome outcome;
  const json::array* positional = arguments.size() > 5 ? arguments[5].if_array() : nullptr;
  const json::object none;
  const json::object* named = arguments.size() > 6 ? arguments[6].if_object() : &none;
  if (arguments.size() > 7 || positional == nullptr || named == nullptr) {
    outcome.thrown = Thrown{"builtins.ValueError", "not enough values to unpack (expected at least 5)"};
    return outcome;
  }
  const std::string database = text_at(arguments, 0);
  if (database != vendor_database) {
    outcome.thrown = Thrown{"psycopg2.OperationalError", "FATAL:  database \"" + database + "\" does not exist\n"};
    return outcome;
  }
  if (arguments[1] != user_id || !knows_key(text_at(arguments, 2))) {
    outcome.thrown = Thrown{"odoo.exceptions.AccessDenied", "Access Denied"};
    return outcome;
  }
  const std::string model = text_at(arguments, 3);
  const std::string method = text_at(arguments, 4);
  const OdooMethod* signature = find_odoo_method(method);
  if (!is_known_model(model)) {
    outcome.thrown = Thrown{"odoo.exceptions.UserError", "Object " + model + " doesn't exist"};
    return outcome;
  }
  if (signature == nullptr) {
    outcome.thrown = Thrown{"builtins.AttributeError", "The method '" + model + "." + method + "' does not exist"};
    return outcome;
  }
  json::object bound;
  if (const auto mistake = bind_arguments(*signature, *positional, *named, bound)) {
    outcome.thrown = Thrown{"builtins.TypeError", method + "() " + *mistake};
    return outcome;
  }
  return call_method(model, method, bound);
}

HttpResponse Odoo::json_2(const HttpRequest& request, const RequestTarget& target) {
  if (find_header(request, "X-Odoo-Database") != vendor_database) {
    return page(404,
                "The requested URL was not found on the server. No database is selected and the requested URL "
                "was not found in the server-wide controllers.");
  }
  const auto refuse = [this](int status, const std::string& name, const std::string& message) {
    counts_.invalid_requests += status == 401 || status == 403 ? 0U : 1U;
    json::array arguments{json::value(message)};
    if (name.starts_with("werkzeug.")) {
      arguments.emplace_back(status);
    }
    HttpResponse answer = json_answer(status, described(name, message, std::move(arguments)));
    if (status == 401) {
      answer.headers.push_back({"WWW-Authenticate", "bearer"});
    }
    return answer;
  };
  const std::vector<std::string>& path = target.segments;
  if (path.size() != 4 || request.method != "POST") {
    return refuse(404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?");
  }
  if (media_type(request) != "application/json") {
    ++counts_.invalid_requests;
    return page(415, "Request inferred type is compatible with ['http'] but '" + request.target +
                         "' is type='json2'.\n\nPlease verify the Content-Type request header and try again.");
  }
  const std::string_view key = authorization_token(request, "bearer");
  if (!knows_key(key)) {
    return refuse(401, "werkzeug.exceptions.Unauthorized",
                  key.empty() ? "User not authenticated, use the \"Authorization\" header" : "Invalid apikey");
  }
  const std::optional<json::object> named = read_json_object(request.body);
  if (!named) {
    return refuse(400, "werkzeug.exceptions.BadRequest", "could not parse the body, expecting a json object");
  }
  const OdooMethod* signature = find_odoo_method(path[3]);
  if (!is_known_model(path[2])) {
    return refuse(404, "werkzeug.exceptions.NotFound", "the model '" + path[2] + "' does not exist");
  }
  if (signature == nullptr) {
    return refuse(404, "werkzeug.exceptions.NotFound", "The method '" + path[2] + "." + path[3] + "' does not exist");
  }
  if (!signature->on_records && named->contains("ids")) {
    return refuse(422, "werkzeug.exceptions.UnprocessableEntity",
                  "cannot call " + path[2] + "." + path[3] + " with ids");
  }
  json::object bound;
  if (const auto mistake = bind_arguments(*signature, {}, *named, bound)) {
    return refuse(422, "werkzeug.exceptions.UnprocessableEntity", *mistake);
  }
  Outcome outcome = call_method(path[2], path[3], bound);
  if (outcome.thrown) {
    return refuse(outcome.thrown->status, outcome.thrown->name, outcome.thrown->message);
  }
  return json_answer(200, outcome.result);
}

std::optional<Odoo::Thrown> Odoo::refused_access(const std::string& model, const std::string& method) const {
  // load() reports it as an error of its row.
  const bool forbidden = faults_.forbidden.active(elapsed_) && method != "load";
  if (is_open_model(model) && !forbidden) {
    return std::nullopt;
  }
  return Thrown{"odoo.exceptions.AccessError",
                "You are not allowed to access (" + model +
                    ") records.\n\nContact your administrator to request access if necessary.",
                403};
}

Odoo::Outcome Odoo::call_method(const std::string& model, const std::string& method, const json::object& arguments) {
  Outcome outcome;
  if (auto refused = refused_access(model, method)) {
    outcome.thrown = std::move(refused);
    return outcome;
  }
  if (method == "load") {
    return load(model, arguments);
  }
  if (method == "create") {
    return create(model, arguments);
  }
  if (method == "write") {
    return write(model, arguments);
  }
  if (method == "read") {
    return read(model, arguments);
  }
  if (method == "search_read") {
    return search_read(model, arguments);
  }
  if (method == "unlink") {
    return unlink(model, arguments);
  }
  json::object fields;
  for (const OdooField* field : odoo_fields(model)) {
    fields[field->name] = json::object{{"string", field->label}, {"type", odoo_type_name(field->type)}};
  }
  outcome.result = std::move(fields);
  return outcome;
}

const CrmRecord* Odoo::find(const std::string& model, const std::string& id) const {
  const CrmRecord* record = table_.find(model, id);
  return record != nullptr && record->object == model ? record : nullptr;
}

}  // namespace elit::simulator
