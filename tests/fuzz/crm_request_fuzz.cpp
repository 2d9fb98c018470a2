// Requests to a CRM for messages of any content: what a CRM receives is JSON, and says what the message says.

#include <boost/json/value.hpp>

#include <array>
#include <string>
#include <vector>

#include "core/delivery/webhook.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/json_witness.hpp"

namespace elit::fuzz {
namespace {

namespace json = boost::json;

OutgoingMessage message_from(Input& input) {
  OutgoingMessage message;
  message.key = input.next_line();
  message.source = "support";
  message.user_id = input.next_line();
  if (input.choose()) {
    message.instant = from_ms(static_cast<std::int64_t>(message.user_id.size()) * 86'400'000'123);
  }
  message.direction =
      std::array{Direction::in, Direction::out, Direction::agent, Direction::unknown}.at(input.choose(4));
  message.sender = input.next_line();
  message.type = input.next_line();
  if (input.choose()) {
    message.media = Media{std::string(input.next_line()), std::string(input.next_line())};
  }
  message.user_element = input.next_line();
  message.text = input.next_line();
  message.raw = input.text();
  return message;
}

void expect_text(const json::object& object, std::string_view name, const std::string& text) {
  expect(object.at(name).as_string() == to_utf8(text), "a text arrives as it is stored");
}

void expect_said(const json::object& object, const OutgoingMessage& message) {
  expect_text(object, "key", message.key);
  expect_text(object, "user_id", message.user_id);
  expect_text(object, "sender", message.sender);
  expect_text(object, "type", message.type);
  expect_text(object, "text", message.text);
  expect(object.at("timestamp").is_string() == message.instant.has_value(), "an instant that is known is told");
  expect(object.at("media").is_object() == message.media.has_value(), "a file is told");
  if (message.media) {
    expect_text(object.at("media").as_object(), "url", message.media->url);
  }
  std::string storage;
  const std::optional<json::value> raw = witness(repair_json(message.raw, storage));
  expect(!raw || object.at("raw") == *raw, "a row that is JSON is embedded as it is");
}

void run(Input input) {
  const OutgoingMessage message = message_from(input);
  std::string line;
  append_message(line, message);
  expect(is_json(line) && is_utf8(line), "a message is JSON");
  expect(line.find_first_of("\n\r") == std::string::npos, "a message is one line");

  OutgoingMessage other = message;
  other.key += '2';
  const HttpRequest request = webhook_request("/", {}, {message, other});
  const HttpRequest turned = webhook_request("/", {}, {other, message});
  expect(request.headers.back().value == turned.headers.back().value, "the idempotency key knows no order");
  expect(request.headers.back().value != idempotency_key({message}), "another set has another key");
  expect(is_json(request.body), "a batch is JSON");
  // Boost.JSON has limits that JSON does not have: very large numbers and the last levels of nesting.
  const std::optional<json::value> document = witness(request.body);
  if (document) {
    const json::array& messages = document->as_object().at("messages").as_array();
    expect(messages.size() == 2, "a batch holds its messages");
    expect_said(messages[0].as_object(), message);
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
