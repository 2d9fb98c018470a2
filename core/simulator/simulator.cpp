#include "core/simulator/simulator.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/simulator/ledger.hpp"
#include "core/simulator/request_target.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr const char* json_lines = "application/x-ndjson";

Reply mistake(const std::string& what) {
  return json_reply(400, R"({"error":)" + json_string(what) + "}");
}

std::optional<json::object> read_object(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

// A JSON scalar the way it is written on the command line.
std::string setting_text(const json::value& value) {
  if (const json::string* text = value.if_string()) {
    return std::string(text->data(), text->size());
  }
  // The JSON of a fraction would have an exponent.
  return value.is_double() ? decimal_text(value.get_double()) : json::serialize(value);
}

template <class T>
Reply show_settings(const std::vector<Setting<T>>& table, const T& target) {
  json::object object;
  for (const Setting<T>& row : table) {
    object[row.key] = row.show(target);
  }
  return json_reply(200, json::serialize(object));
}

// Applies all members of the body, or none.
template <class T>
Reply settings(const std::vector<Setting<T>>& table, T& target, const HttpRequest& request) {
  if (request.method == "GET") {
    return show_settings(table, target);
  }
  const std::optional<json::object> changes = read_object(request.body);
  if (!changes) {
    return mistake("the body is not a JSON object of settings");
  }
  T changed = target;
  for (const auto& change : *changes) {
    const std::string key(change.key().data(), change.key().size());
    if (const std::optional<std::string> wrong = apply(table, changed, key, setting_text(change.value()))) {
      return mistake(*wrong);
    }
  }
  target = std::move(changed);
  return show_settings(table, target);
}

const char* speaker_name(Speaker speaker) {
  switch (speaker) {
    case Speaker::bot:
      return "bot";
    case Speaker::agent:
      return "agent";
    case Speaker::system:
      return "system";
    default:
      return "user";
  }
}

std::string member_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value == nullptr ? std::string{} : setting_text(*value);
}

}  // namespace

Simulator::Simulator(const SimulatorOptions& options)
    : world_(options.world),
      api_(world_, options.account, options.dialect),
      crm_(options.crm_authorization, options.world.seed),
      faults_(options.faults),
      random_(random_for(options.world.seed, "api faults", 0)),
      now_(options.world.start) {
  crm_.faults() = options.crm_faults;
}

Reply Simulator::answer(const HttpRequest& request, Instant now) {
  now_ = std::max(now_, now);
  world_.advance(now_);
  const RequestTarget target = parse_target(request.target);
  const std::string_view room = target.segments.empty() ? std::string_view{} : target.segments.front();
  if (room == "simulator") {
    return control(request, target, now_);
  }
  if (room == "crm") {
    if (target.segments.size() != 2 || target.segments[1] != "conversations") {
      return json_reply(404, R"({"error":"the CRM lives at /crm/conversations"})");
    }
    return crm_.answer(request, now_, now_ - world_.options().start);
  }
  return answer_api(request, now_);
}

Reply Simulator::answer_api(const HttpRequest& request, Instant now) {
  const Milliseconds elapsed = now - world_.options().start;
  ApiTrouble& trouble = api_.trouble();
  trouble.users_empty = faults_.users_empty.active(elapsed);
  trouble.users_shrunk = faults_.users_shrunk;
  trouble.bad_user = faults_.bad_user;
  trouble.bad_user_status = faults_.bad_user_status;
  if (!faults_.api_key.empty()) {
    api_.account().api_key = faults_.api_key;
  }
  const Trouble drawn = draw_trouble(faults_, elapsed, random_);
  if (drawn == Trouble::unauthorized) {
    return spoiled(drawn, faults_, api_.error(401, 401, "UNAUTHORIZED", "The API key is missing or was revoked"));
  }
  return spoiled(drawn, faults_, carried_out(drawn) ? api_.answer(request, now) : refusal(drawn, faults_, now));
}

Reply Simulator::control(const HttpRequest& request, const RequestTarget& target, Instant now) {
  const std::string verb = target.segments.size() == 2 ? target.segments[1] : "";
  const bool get = request.method == "GET";
  if (!get && request.method != "POST") {
    return json_reply(405, R"({"error":"use GET or POST"})");
  }
  if (verb == "faults") {
    return settings(api_fault_settings(), faults_, request);
  }
  if (verb == "crm") {
    return settings(crm_fault_settings(), crm_.faults(), request);
  }
  if (verb == "dialect") {
    return settings(dialect_settings(), api_.dialect(), request);
  }
  if (verb == "messages") {
    return get ? messages(target, now) : say(request, now);
  }
  if (verb == "users") {
    return get ? list_users() : change_user(request);
  }
  if (verb == "ledger" && get) {
    return ledger(target, now);
  }
  if (verb == "received" && get) {
    return received();
  }
  return json_reply(404, R"({"error":"known are ledger, messages, users, received, faults, crm and dialect"})");
}

Reply Simulator::ledger(const RequestTarget& target, Instant now) const {
  LedgerQuery query;
  for (const auto& [name, member] :
       {std::pair("since_ms", &LedgerQuery::since), std::pair("visible_until_ms", &LedgerQuery::visible_until)}) {
    if (const std::optional<std::string_view> text = target.value(name)) {
      const std::optional<std::int64_t> ms = parse_integer(*text);
      if (!ms) {
        return mistake(std::string(name) + " is not a number of milliseconds since 1970");
      }
      query.*member = from_ms(*ms);
    }
  }
  return json_reply(200, ledger_json(take_ledger(world_, api_, crm_, query, now)));
}

Reply Simulator::messages(const RequestTarget& target, Instant now) const {
  const std::optional<std::string_view> only = target.value("user_id");
  const bool listed_only = target.value("listed") == "true";
  const TimestampForm form = api_.dialect().timestamp;
  std::string lines;
  for (const User& user : world_.users()) {
    if ((only && user.id != *only) || (listed_only && !user.listed)) {
      continue;
    }
    for (const Message& message : user.messages) {
      if (!api_.shows(message, now)) {
        continue;
      }
      const std::optional<Instant> instant = readable_instant(form, message.instant, message.number);
      lines += R"({"user_id":)" + json_string(user.id) + R"(,"timestamp":)" +
               (instant ? json_string(iso_text(*instant)) : "null") + R"(,"sender":")" + speaker_name(message.speaker) +
               R"(","type":")" + message.type + R"(","response":)" + message.well_formed_response() + R"(,"listed":)" +
               (user.listed ? "true" : "false") + "}\n";
    }
  }
  return text_reply(200, json_lines, std::move(lines));
}

Reply Simulator::say(const HttpRequest& request, Instant now) {
  const std::optional<json::object> body = read_object(request.body);
  User* user = body ? world_.find(member_text(*body, "user_id")) : nullptr;
  if (user == nullptr || !body->contains("text")) {
    return mistake(R"(write {"user_id": ..., "text": ...} with a user of GET /simulator/users)");
  }
  const std::string given = member_text(*body, "timestamp_ms");
  const std::optional<std::int64_t> ms = parse_integer(given);
  if (!given.empty() && !ms) {
    return mistake("timestamp_ms is not a number of milliseconds since 1970");
  }
  world_.add_message(*user, ms ? from_ms(*ms) : now, now, member_text(*body, "text"));
  return json_reply(200, R"({"added":1})");
}

Reply Simulator::list_users() const {
  std::string lines;
  for (const User& user : world_.users()) {
    json::object attributes;
    for (const auto& [name, value] : user.attributes) {
      attributes[name] = value;
    }
    json::object line{{"user_id", user.id}, {"listed", user.listed}, {"attributes", std::move(attributes)}};
    lines += json::serialize(line) + '\n';
  }
  return text_reply(200, json_lines, std::move(lines));
}

Reply Simulator::change_user(const HttpRequest& request) {
  const std::optional<json::object> body = read_object(request.body);
  User* user = body ? world_.find(member_text(*body, "user_id")) : nullptr;
  const std::string attribute = body ? member_text(*body, "attribute") : "";
  if (user == nullptr || attribute.empty() || !body->contains("value")) {
    return mistake(R"(write {"user_id": ..., "attribute": ..., "value": ...} with a user of GET /simulator/users)");
  }
  std::erase_if(user->attributes, [&](const auto& row) { return row.first == attribute; });
  user->attributes.emplace_back(attribute, member_text(*body, "value"));
  return json_reply(200, R"({"changed":1})");
}

Reply Simulator::received() const {
  std::string lines;
  for (const Received& message : crm_.received()) {
    json::object line{{"key", message.key},
                      {"user_id", message.user_id},
                      {"timestamp", message.timestamp.empty() ? json::value(nullptr) : json::value(message.timestamp)},
                      {"type", message.type},
                      {"content", message.content},
                      {"idempotency_key", message.idempotency_key}};
    lines += json::serialize(line) + '\n';
  }
  return text_reply(200, json_lines, std::move(lines));
}

}  // namespace elit::simulator
