// The bodies that the simulated API writes. They are built as text, not as a tree, because some of them are ill-formed
// on purpose.
#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/simulator/elitbuzz_api.hpp"

namespace elit::simulator {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;  // name -> JSON text

std::string object_text(const Members& members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    text += (text.size() > 1 ? "," : "") + json_string(name) + ":" + value;
  }
  return text + "}";
}

std::string list_text(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    text += (text.size() > 1 ? "," : "") + element;
  }
  return text + "]";
}

bool only_digits(std::string_view text) {
  return is_all_digits(text) && text.size() <= 15 && text.front() != '0';
}

const std::string& sender_of(const Dialect& dialect, Speaker speaker) {
  switch (speaker) {
    case Speaker::bot:
      return dialect.sender_bot;
    case Speaker::agent:
      return dialect.sender_agent;
    case Speaker::system:
      return dialect.sender_system;
    default:
      return dialect.sender_user;
  }
}

std::string status_text(int code, const std::string& name, const std::string& details) {
  return object_text({{"code", std::to_string(code)},
                      {"desc", json_string(name)},
                      {"title", json_string(name)},
                      {"details", json_string(details)}});
}

const char* status_at_age(Milliseconds age) {
  return age < std::chrono::minutes{1} ? "SENT" : age < std::chrono::hours{1} ? "DELIVERED" : "READ";
}

std::string reason_of(int status) {
  return status == 400 ? "Bad Request" : status == 404 ? "Not Found" : "Error";
}

std::string error_text(ErrorBody shape, int status, int code, const std::string& name, const std::string& details) {
  const std::string number = std::to_string(code);
  const std::string quoted_name = json_string(name);
  const std::string quoted_details = json_string(details);
  switch (shape) {
    case ErrorBody::camel:
      return object_text({{"errorCode", number}, {"errorMessage", quoted_name}, {"errorDetails", quoted_details}});
    case ErrorBody::snake:
      return object_text(
          {{"error_code", json_string(number)}, {"error_message", quoted_name}, {"error_details", quoted_details}});
    case ErrorBody::status:
      return object_text({{"responseObject", "null"}, {"status", status_text(code, name, details)}});
    case ErrorBody::spring:
      return object_text({{"timestamp", json_string("2026-01-31T09:15:02.345+00:00")},
                          {"status", std::to_string(status)},
                          {"error", json_string(reason_of(status))},
                          {"message", json_string(name + ": " + details)},
                          {"path", json_string("/bot-api")}});
    case ErrorBody::problem:
      return object_text({{"type", json_string("about:blank")},
                          {"title", quoted_name},
                          {"status", std::to_string(status)},
                          {"detail", json_string(name + ": " + details)},
                          {"instance", json_string("/bot-api")}});
    case ErrorBody::text:
      return "Request failed: " + name + " (" + details + ")";
    case ErrorBody::html:
      return "<html><head><title>" + number + "</title></head><body><h1>" + name + "</h1></body></html>";
    case ErrorBody::empty:
      return "";
    default:
      return object_text({{"code", number}, {"message", quoted_name}, {"details", quoted_details}});
  }
}

}  // namespace

Reply ElitbuzzApi::error(int status, int code, const std::string& name, const std::string& details) const {
  if (dialect_.failures_with_200) {
    return json_reply(200, error_text(ErrorBody::status, status, code, name, details));
  }
  const ErrorBody shape = dialect_.error_body;
  const std::string body = error_text(shape, status, code, name, details);
  if (shape == ErrorBody::html || shape == ErrorBody::text) {
    return text_reply(status, shape == ErrorBody::html ? "text/html; charset=utf-8" : "text/plain", body);
  }
  return json_reply(status, body);
}

// Wraps a list in the members that `shape` names; a bare array has no place for an envelope.
std::string ElitbuzzApi::wrapped(const std::string& shape, const std::vector<std::string>& elements) const {
  std::string text = list_text(elements);
  if (shape == "array") {
    return text;
  }
  std::string path = shape;
  for (std::size_t dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.')) {
    text = object_text({{path.substr(dot + 1), text}});
    path.resize(dot);
  }
  Members members{{path, text}};
  if (dialect_.status_envelope) {
    members.emplace_back("status", status_text(1000, "SUCCESS", "Request processed"));
  }
  return object_text(members);
}

std::string ElitbuzzApi::user_element(const User& user) const {
  const bool as_number = dialect_.user_id_kind == "number" && only_digits(user.id);
  std::string id = as_number ? user.id : json_string(user.id);
  if (dialect_.users_elements == "ids") {
    return id;
  }
  Members members{{dialect_.user_id_field, id}};
  for (const auto& [name, value] : user.attributes) {
    // The field of the dialect is the id; other id fields of a user appear only if they have the same value.
    const bool another_id = name == "user.channel_user_id" || name == "user.phone_no" || name == "user.phone_number";
    if (!another_id && name != dialect_.user_id_field) {
      members.emplace_back(name, json_string(value));
    }
  }
  return object_text(members);
}

std::string ElitbuzzApi::row(const User& user, const Message& message, Instant now) {
  ++rows_written_;
  Members members{{"timestamp", timestamp_json(dialect_.timestamp, message.instant, message.number)},
                  {"sender", json_string(sender_of(dialect_, message.speaker))},
                  {"message_type", json_string(message.type)},
                  {"response", message.response},
                  {"file", "null"},
                  {"attachments", "null"},
                  {"user_id", json_string(user.row_id)}};
  if (message.file && dialect_.media != MediaUrls::none) {
    std::string url = "https://media.example.com" + message.file->path;
    if (dialect_.media == MediaUrls::signed_afresh) {
      url += "?Expires=" + std::to_string(1'800'000'000 + rows_written_) +
             "&Signature=" + std::to_string(Random(rows_written_).next());
    }
    members[4].second = object_text({{"url", json_string(url)},
                                     {"mimeType", json_string(message.file->mime_type)},
                                     {"uploadType", json_string(message.file->upload_type)}});
  }
  if (dialect_.row_id_field != "none") {
    const std::uint64_t id = dialect_.row_id_kind == "fresh"  ? Random(rows_written_).next()
                             : dialect_.row_id_kind == "same" ? 7
                                                              : Random(message.number).next();
    members.emplace_back(dialect_.row_id_field, json_string(std::to_string(id)));
  }
  if (dialect_.delivery_status) {
    members.emplace_back("status", json_string(status_at_age(now - message.instant)));
  }
  if (dialect_.random_member_order) {
    Random random(rows_written_);
    for (std::size_t i = members.size(); i > 1; --i) {
      std::swap(members[i - 1], members[random.below(i)]);
    }
  }
  return object_text(members);
}

}  // namespace elit::simulator
