#include "core/simulator/crm.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/content.hpp"
#include "core/simulator/request_target.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

bool is_key(std::string_view text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<std::string> string_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) {
    return std::nullopt;
  }
  return std::string(value->get_string().data(), value->get_string().size());
}

// The row as sent is more reliable than `text`, which the sender derived from it.
std::string content_of(const json::object& message) {
  const json::value* raw = message.if_contains("raw");
  if (raw != nullptr && raw->is_object() && raw->get_object().contains("response")) {
    return comparable_content(raw->get_object().at("response"));
  }
  return comparable_content(string_member(message, "text").value_or(""));
}

std::optional<Received> read_message(const json::value& element) {
  const json::object* message = element.if_object();
  if (message == nullptr) {
    return std::nullopt;
  }
  const std::optional<std::string> key = string_member(*message, "key");
  const std::optional<std::string> user_id = string_member(*message, "user_id");
  const std::optional<std::string> source = string_member(*message, "source");
  if (!key || !is_key(*key) || !user_id || !source || !message->contains("timestamp") || !message->contains("raw")) {
    return std::nullopt;
  }
  Received received;
  received.key = *key;
  received.source = *source;
  received.user_id = *user_id;
  received.timestamp = string_member(*message, "timestamp").value_or("");
  received.type = string_member(*message, "type").value_or("");
  received.content = content_of(*message);
  return received;
}

// Chooses the same messages every time they come.
bool chosen(const std::string& key, std::string_view purpose, double share) {
  return share > 0 && random_for(0, std::string(purpose) + key, 0).fraction() < share;
}

std::string result_text(const Received& message, const std::string& id) {
  return R"({"key":")" + message.key + R"(","status":"ok","id":")" + id + R"("})";
}

std::string error_text(const Received& message, bool retryable) {
  return R"({"key":")" + message.key + R"(","status":"error","retryable":)" + (retryable ? "true" : "false") +
         R"(,"error":"The message was refused on request"})";
}

}  // namespace

Crm::Crm(std::string authorization, std::uint64_t seed)
    : authorization_(std::move(authorization)), random_(random_for(seed, "crm", 0)) {}

Reply Crm::answer(const HttpRequest& request, Instant now, Milliseconds elapsed) {
  ++counts_.requests;
  const Trouble trouble = draw_trouble(faults_, elapsed, random_);
  return spoiled(trouble, faults_, carried_out(trouble) ? take(request, now) : refusal(trouble, faults_, now));
}

Reply Crm::refuse_request(int status, const std::string& error) const {
  return json_reply(status, R"({"error":)" + json_string(error) + "}");
}

Reply Crm::take(const HttpRequest& request, Instant now) {
  const std::string& authorization = faults_.authorization.empty() ? authorization_ : faults_.authorization;
  if (!authorization.empty() && find_header(request, "Authorization") != authorization) {
    return refuse_request(401, "The Authorization header is not the right one");
  }
  if (request.method != "POST") {
    return refuse_request(405, "Use POST");
  }
  std::optional<std::vector<Received>> messages = read(request, now);
  if (!messages) {
    ++counts_.invalid_requests;
    return refuse_request(400, "The body is not {\"messages\": [...]} with keys, users, timestamps and rows");
  }
  if (faults_.messages_max > 0 && messages->size() > static_cast<std::size_t>(faults_.messages_max)) {
    return refuse_request(413, "Too many messages at once");
  }
  std::vector<Verdict> verdicts;
  for (const Received& message : *messages) {
    verdicts.push_back(judge(message));
  }
  if (std::find(verdicts.begin(), verdicts.end(), Verdict::poison) != verdicts.end()) {
    if (messages->size() == 1) {
      ++refusals_[messages->front().key];
    }
    return refuse_request(faults_.poison_status, "A message was refused on request, and its whole batch with it");
  }
  note_idempotency(messages->empty() ? "" : messages->front().idempotency_key, *messages);
  std::string results;
  bool refused = false;
  for (std::size_t i = 0; i < messages->size(); ++i) {
    Received& message = (*messages)[i];
    results += results.empty() ? "" : ",";
    if (verdicts[i] == Verdict::rejected) {
      ++refusals_[message.key];
      refused = true;
      results += error_text(message, faults_.rejected_retryable);
    } else {
      results += result_text(message, "crm-" + message.key.substr(0, 12));
      accept(std::move(message));
    }
  }
  Reply reply =
      json_reply(200, faults_.results || refused ? R"({"results":[)" + results + "]}" : R"({"accepted":true})");
  reply.delay =
      Milliseconds{static_cast<std::int64_t>(faults_.message_s * 1000 * static_cast<double>(messages->size()))};
  return reply;
}

std::optional<std::vector<Received>> Crm::read(const HttpRequest& request, Instant now) {
  json::parse_options options;
  options.max_depth = 1024;
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error, {}, options);
  if (error || !body.is_object()) {
    return std::nullopt;
  }
  const json::value* list = body.get_object().if_contains("messages");
  if (list == nullptr || !list->is_array()) {
    return std::nullopt;
  }
  std::vector<Received> messages;
  for (const json::value& element : list->get_array()) {
    std::optional<Received> message = read_message(element);
    if (!message) {
      return std::nullopt;
    }
    message->arrived = now;
    message->request = counts_.requests;
    message->idempotency_key = find_header(request, "Idempotency-Key").value_or("");
    messages.push_back(*std::move(message));
  }
  return messages;
}

void Crm::note_idempotency(const std::string& idempotency_key, const std::vector<Received>& messages) {
  if (idempotency_key.empty()) {
    ++counts_.missing_idempotency_keys;
    return;
  }
  std::set<std::string> keys;
  for (const Received& message : messages) {
    keys.insert(message.key);
  }
  const auto [known, first] = sets_.emplace(idempotency_key, keys);
  if (!first && known->second != keys) {
    ++counts_.idempotency_conflicts;
  }
}

Crm::Verdict Crm::judge(const Received& message) {
  if (chosen(message.key, "poison", faults_.poison) ||
      (!faults_.poison_user.empty() && message.user_id == faults_.poison_user)) {
    return Verdict::poison;
  }
  const bool rejected = chosen(message.key, "rejected", faults_.rejected) ||
                        (!faults_.rejected_user.empty() && message.user_id == faults_.rejected_user);
  const auto refused = refusals_.find(message.key);
  const int times = refused == refusals_.end() ? 0 : refused->second;
  return rejected && (faults_.rejected_times == 0 || times < faults_.rejected_times) ? Verdict::rejected
                                                                                     : Verdict::accepted;
}

void Crm::accept(Received message) {
  std::set<std::string>& known = idempotency_keys_[message.key];
  if (known.empty()) {
    known.insert(message.idempotency_key);
    message.refused_before = refusals_.contains(message.key);
    received_.push_back(std::move(message));
    return;
  }
  if (known.insert(message.idempotency_key).second) {
    ++counts_.repeats_other_key;
  } else {
    ++counts_.repeats_same_key;
  }
}

std::vector<std::string> Crm::refused_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, times] : refusals_) {
    if (!idempotency_keys_.contains(key)) {
      keys.push_back(key);
    }
  }
  return keys;
}

}  // namespace elit::simulator
