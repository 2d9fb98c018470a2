#include "core/simulator/simulator.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/simulator/ledger.hpp"
#include "core/simulator/request_target.hpp"
#include "core/simulator/setting_request.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr const char* json_lines = "application/x-ndjson";

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
  for (std::unique_ptr<SimulatedCrm>& vendor : all_crms()) {
    const auto faults = options.vendor_faults.find(vendor->name());
    if (faults != options.vendor_faults.end()) {
      vendor->faults() = faults->second;
    }
    vendors_.emplace_back(std::move(vendor), options.world.seed);
  }
}

CrmPeer* Simulator::vendor(std::string_view name) {
  for (CrmPeer& peer : vendors_) {
    if (peer.vendor().name() == name) {
      return &peer;
    }
  }
  return nullptr;
}

CrmCall Simulator::vendor_call(const HttpRequest& request, std::string_view name, Instant now) const {
  CrmCall call;
  call.now = now;
  call.elapsed = now - world_.options().start;
  call.base_url =
      "http://" + std::string(find_header(request, "Host").value_or("127.0.0.1")) + "/crm/" + std::string(name);
  return call;
}

Reply Simulator::answer_crm(const HttpRequest& request, const RequestTarget& target, Instant now) {
  const std::string_view name = target.segments.size() > 1 ? std::string_view(target.segments[1]) : std::string_view{};
  const std::string prefix = "/crm/" + std::string(name);
  CrmPeer* peer = vendor(name);
  if (peer != nullptr && request.target.starts_with(prefix)) {
    HttpRequest inner = request;
    inner.target.erase(0, prefix.size());
    return peer->answer(inner, vendor_call(request, name, now));
  }
  if (name != "conversations" || target.segments.size() != 2) {
    return json_reply(404, R"({"error":"here are /crm/conversations and, below /crm/, )" + crm_names() + "\"}");
  }
  return crm_.answer(request, now, now - world_.options().start);
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
    return answer_crm(request, target, now_);
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
  const std::size_t depth = target.segments.size();
  const std::string verb = depth == 2 ? target.segments[1] : "";
  const bool get = request.method == "GET";
  const bool removes = request.method == "DELETE" && depth == 3;  // records of a CRM
  if (!get && !removes && request.method != "POST") {
    return json_reply(405, R"({"error":"use GET or POST"})");
  }
  if (CrmPeer* peer = depth == 2 || depth == 3 ? vendor(target.segments[1]) : nullptr) {
    return peer->control(request, depth == 3 ? target.segments[2] : "", vendor_call(request, target.segments[1], now));
  }
  if (verb == "faults") {
    return answer_settings(api_fault_settings(), faults_, request);
  }
  if (verb == "crm") {
    return answer_settings(crm_fault_settings(), crm_.faults(), request);
  }
  if (verb == "dialect") {
    return answer_settings(dialect_settings(), api_.dialect(), request);
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
  return json_reply(
      404, R"({"error":"known are ledger, messages, users, received, faults, crm, dialect, )" + crm_names() + "\"}");
}

Reply Simulator::ledger(const RequestTarget& target, Instant now) const {
  LedgerQuery query;
  for (const auto& [name, member] :
       {std::pair("since_ms", &LedgerQuery::since), std::pair("visible_until_ms", &LedgerQuery::visible_until)}) {
    if (const std::optional<std::string_view> text = target.value(name)) {
      const std::optional<std::int64_t> ms = parse_integer(*text);
      if (!ms) {
        return mistake_reply(std::string(name) + " is not a number of milliseconds since 1970");
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
  const std::optional<json::object> body = read_changes(request.body);
  User* user = body ? world_.find(member_text(*body, "user_id")) : nullptr;
  if (user == nullptr || !body->contains("text")) {
    return mistake_reply(R"(write {"user_id": ..., "text": ...} with a user of GET /simulator/users)");
  }
  const std::string given = member_text(*body, "timestamp_ms");
  const std::optional<std::int64_t> ms = parse_integer(given);
  if (!given.empty() && !ms) {
    return mistake_reply("timestamp_ms is not a number of milliseconds since 1970");
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
  const std::optional<json::object> body = read_changes(request.body);
  User* user = body ? world_.find(member_text(*body, "user_id")) : nullptr;
  const std::string attribute = body ? member_text(*body, "attribute") : "";
  if (user == nullptr || attribute.empty() || !body->contains("value")) {
    return mistake_reply(
        R"(write {"user_id": ..., "attribute": ..., "value": ...} with a user of GET /simulator/users)");
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
