// Answers of a CRM to a batch of three messages.

#include <boost/json/value.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/delivery/webhook.hpp"
#include "core/text/json_text.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/json_witness.hpp"

namespace elit::fuzz {
namespace {

namespace json = boost::json;

constexpr Instant now{Milliseconds{1'780'272'000'000}};
constexpr std::array statuses{200, 201, 202, 204, 207, 299, 301, 304, 400, 401, 403, 404, 408, 409, 410, 413,
                              415, 422, 425, 429, 500, 501, 502, 503, 504, 507, 599, 100, 0,   600, 418, 200};

std::vector<OutgoingMessage> batch() {
  std::vector<OutgoingMessage> messages;
  for (const char* key : {"a1", "b2", "c3"}) {
    OutgoingMessage message;
    message.key = key;
    message.text = secret_words;
    message.user_id = secret_number;
    messages.push_back(message);
  }
  return messages;
}

void expect_sound(const MessageAnswer& answer) {
  expect(answer.error.empty() == (answer.verdict == Verdict::delivered), "what is not delivered has a reason");
  expect(answer.remote_id.empty() || answer.verdict == Verdict::delivered, "only what is delivered has an id");
  constexpr std::size_t kept_size_max = 600;
  expect(answer.remote_id.size() < kept_size_max && is_utf8(answer.remote_id), "a peer's id is short and UTF-8");
  expect(answer.error.size() < kept_size_max && is_utf8(answer.error), "a peer's reason is short and UTF-8");
  expect(answer.error.find('\n') == std::string::npos, "a peer's reason is one line");
}

// Whether an answer that lists outcomes has one for `key` that says so, and none that says something else.
bool has_only_ok(const json::array& results, std::string_view key) {
  bool ok = false;
  for (const json::value& result : results) {
    const json::object* object = result.if_object();
    const json::value* named = object != nullptr ? object->if_contains("key") : nullptr;
    if (named != nullptr && named->is_string() && named->get_string() == key) {
      const json::value* status = object->if_contains("status");
      if (status == nullptr || !status->is_string() || status->get_string() != "ok") {
        return false;
      }
      ok = true;
    }
  }
  return ok;
}

void expect_delivered_as_told(const DeliveryAnswer& read, const std::vector<OutgoingMessage>& messages,
                              const std::string& body) {
  std::string storage;
  const std::optional<json::value> document = witness(repair_json(body, storage));
  const json::object* object = document ? document->if_object() : nullptr;
  const json::value* results = object != nullptr ? object->if_contains("results") : nullptr;
  const bool listed = results != nullptr && results->is_array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const bool delivered = read.messages[i].verdict == Verdict::delivered;
    if (listed) {
      expect(delivered == has_only_ok(results->get_array(), messages[i].key), "what is named ok, and that alone, is");
    } else if (document) {
      expect(delivered, "a success without outcomes accepts everything");
    }
  }
}

void run(Input input) {
  HttpResponse answer;
  answer.status = statuses.at(input.choose(statuses.size()));
  if (input.choose()) {
    answer.headers.push_back({"retry-after", std::string(input.next_line())});
  }
  answer.body = input.text();
  const std::vector<OutgoingMessage> messages = batch();
  const DeliveryAnswer read = read_answer(answer, messages, now);
  const bool success = answer.status >= 200 && answer.status < 300;
  const bool answered = read.whole == std::nullopt;
  expect(!answered || success, "only a success answers for each message");
  expect(answered || !success || read.whole == Verdict::unknown,
         "a success that cannot be read is an answer that was lost");
  expect(read.messages.size() == (answered ? messages.size() : 0), "each message has its answer");
  expect_presentable(read.detail);
  expect(answered || (!read.detail.empty() && read.reason.starts_with(read.detail)), "a failure says what happened");
  expect(is_utf8(read.reason) && read.reason.find('\n') == std::string::npos, "the last error is a line of UTF-8");
  expect(!read.retry_after || (*read.retry_after >= Milliseconds{0} && *read.retry_after <= retry_after_max),
         "a wish to be asked later is at most a day");
  for (const MessageAnswer& message : read.messages) {
    expect_sound(message);
  }
  if (answered) {
    expect_delivered_as_told(read, messages, answer.body);
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
