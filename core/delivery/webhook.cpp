#include "core/delivery/webhook.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/delivery/retry_after.hpp"
#include "core/letter_case.hpp"
#include "core/text/excerpt.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text_digest.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_quoted(out, text);
}

void append_embedded(std::string& out, std::string_view json) {
  if (json.empty()) {
    out += "null";
    return;
  }
  std::string storage;
  const std::string_view repaired = repair_json(json, storage);
  if (!is_json(repaired)) {
    append_json_quoted(out, json);
    return;
  }
  // A line break is only ever a blank between tokens here; the archive needs each message on one line.
  const auto place = out.size();
  out += json_trim(repaired);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(place), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

// What a member holds, for a person: a string's content, any other value as it is written, nothing for null.
std::string plain_text(std::optional<std::string_view> value) {
  if (!value || json_kind(*value) == JsonKind::null) {
    return {};
  }
  return json_kind(*value) == JsonKind::string ? json_unquote(*value) : std::string(*value);
}

MessageAnswer read_result(std::string_view result) {
  const std::string status = plain_text(json_member(result, "status"));
  MessageAnswer answer;
  if (status == "ok") {
    const auto id = json_member(result, "id");
    const bool scalar = id && (json_kind(*id) == JsonKind::string || json_kind(*id) == JsonKind::number);
    answer.remote_id = scalar ? cut(plain_text(id), remote_id_size_max) : std::string{};
    return answer;
  }
  const auto retryable = json_member(result, "retryable");
  answer.error = excerpt(plain_text(json_member(result, "error")));
  if (status != "error") {
    answer.verdict = Verdict::retry;
    answer.error = "the answer has an unknown status for this message; " + answer.error;
  } else {
    answer.verdict = retryable && *retryable == "true" ? Verdict::retry : Verdict::rejected;
    if (answer.error.empty()) {
      answer.error = "refused without a reason";
    }
  }
  return answer;
}

// One outcome a message, by key. The worse one counts when a key is named twice.
std::vector<MessageAnswer> read_results(std::string_view results, const std::vector<OutgoingMessage>& messages) {
  const MessageAnswer unmentioned{Verdict::unmentioned, {}, "the answer does not name this message"};
  std::vector<MessageAnswer> answers(messages.size(), unmentioned);
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    places.emplace(messages[i].key, i);
  }
  JsonArrayReader reader(results);
  while (const auto result = reader.next()) {
    const auto key = json_member(*result, "key");
    if (!key || json_kind(*key) != JsonKind::string) {
      continue;
    }
    const auto place = places.find(json_unquote(*key));
    if (place == places.end()) {
      continue;
    }
    MessageAnswer& known = answers[place->second];
    if (known.verdict == Verdict::unmentioned || known.verdict == Verdict::delivered) {
      known = read_result(*result);
    }
  }
  return answers;
}

DeliveryAnswer read_success(const HttpResponse& answer, const std::vector<OutgoingMessage>& messages) {
  DeliveryAnswer read;
  read.whole.reset();
  std::string storage;
  const std::string_view body = repair_json(answer.body, storage);
  if (!is_json(body)) {
    // A list of outcomes that arrived damaged must not pass for "all accepted".
    if (body.find("\"results\"") != std::string_view::npos) {
      read.whole = Verdict::unknown;
      read.detail = read.reason = "the answer names results but is not JSON";
      return read;
    }
    read.messages.resize(messages.size());
    return read;
  }
  const auto results = json_member(json_trim(body), "results");
  if (results && json_kind(*results) == JsonKind::array) {
    read.messages = read_results(*results, messages);
  } else {
    read.messages.resize(messages.size());
  }
  return read;
}

// What an address mostly says that is not the receiver's.
bool is_elsewhere(int status) {
  return status == 404 || status == 405 || status == 410 || status == 501;
}

Verdict verdict_of(int status, bool has_retry_after) {
  if (status == 401 || status == 403) {
    return Verdict::unauthorized;
  }
  if (status == 429 || (status == 503 && has_retry_after)) {
    return Verdict::throttled;
  }
  if (status == 413) {
    return Verdict::too_large;
  }
  if (status >= 300 && status < 400) {
    return Verdict::misconfigured;
  }
  if ((status >= 400 && status < 500 && status != 408 && status != 425) || is_elsewhere(status)) {
    return Verdict::rejected_in_company;
  }
  return Verdict::retry;
}

}  // namespace

void append_message(std::string& out, const OutgoingMessage& message) {
  out += "{\"key\":";
  append_json_quoted(out, message.key);
  append_member(out, "source", message.source);
  append_member(out, "user_id", message.user_id);
  if (message.instant) {
    append_member(out, "timestamp", to_rfc3339(*message.instant));
  } else {
    out += ",\"timestamp\":null";
  }
  append_member(out, "direction", to_string(message.direction));
  append_member(out, "sender", message.sender);
  append_member(out, "type", message.type);
  append_member(out, "text", message.text);
  if (message.media) {
    out += R"(,"media":{"url":)";
    append_json_quoted(out, message.media->url);
    append_member(out, "type", message.media->type);
    out += '}';
  } else {
    out += ",\"media\":null";
  }
  out += ",\"user\":";
  append_embedded(out, message.user_element);
  out += ",\"raw\":";
  append_embedded(out, message.raw);
  out += '}';
}

std::string idempotency_key(const std::vector<OutgoingMessage>& messages) {
  std::vector<std::string_view> keys;
  keys.reserve(messages.size());
  for (const auto& message : messages) {
    keys.push_back(message.key);
  }
  std::sort(keys.begin(), keys.end());
  std::string text;
  for (const auto key : keys) {
    text += key;
    text += '\n';
  }
  return sha256_hex(text);
}

HttpRequest webhook_request(std::string_view target, const std::vector<HttpHeader>& headers,
                            const std::vector<OutgoingMessage>& messages) {
  HttpRequest request;
  request.method = "POST";
  request.target = target;
  bool has_content_type = false;
  for (const auto& header : headers) {
    if (!equal_without_case(header.name, "Idempotency-Key")) {
      has_content_type = has_content_type || equal_without_case(header.name, "Content-Type");
      request.headers.push_back(header);
    }
  }
  if (!has_content_type) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  request.headers.push_back({"Idempotency-Key", idempotency_key(messages)});
  request.body = "{\"messages\":[";
  for (const auto& message : messages) {
    if (&message != &messages.front()) {
      request.body += ',';
    }
    append_message(request.body, message);
  }
  request.body += "]}";
  return request;
}

DeliveryAnswer read_answer(const HttpResponse& answer, const std::vector<OutgoingMessage>& messages, Instant now) {
  DeliveryAnswer read;
  const std::optional<Milliseconds> retry_after = retry_after_of(answer, now);
  if (answer.status >= 200 && answer.status < 300) {
    read = read_success(answer, messages);
  } else {
    read.whole = verdict_of(answer.status, retry_after.has_value());
    read.elsewhere = is_elsewhere(answer.status);
    read.detail = "HTTP " + std::to_string(answer.status);
    read.reason = read.detail;
    if (read.whole == Verdict::misconfigured) {
      read.detail += ": the URL redirects, which is not followed; put the final URL into the configuration";
      read.reason = read.detail;
    } else if (!answer.body.empty()) {
      read.reason += ": " + excerpt(answer.body);
    }
  }
  if (read.whole) {
    read.retry_after = retry_after;
  }
  return read;
}

DeliveryAnswer read_failure(const Failure& failure) {
  DeliveryAnswer read;
  read.whole = verdict_of(failure);
  read.detail = read.reason = failure.detail;
  read.retry_after = failure.retry_after;
  return read;
}

}  // namespace elit
