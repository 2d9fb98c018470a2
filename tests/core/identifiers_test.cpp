#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/crm/filters.hpp"
#include "core/crm/work.hpp"
#include "core/delivery/webhook.hpp"
#include "core/elitbuzz/row_reader.hpp"
#include "core/text/text_digest.hpp"
#include "tests/support/project_files.hpp"

// Everything that names a message or a record in a CRM, for a fixed set of rows. The golden file must never change:
// other names would store and deliver every message again.
namespace elit {
namespace {

const std::filesystem::path golden_file = project_file("tests/core/identifiers.txt");

constexpr std::string_view elements[] = {
    R"({"timestamp":"2026/01/31 09:15:02.345+0000","sender":"bot","message_type":"TEXT","response":"Your order"})",
    R"({"timestamp":"2026-01-31T09:15:02.345Z","sender":"bot","message_type":"TEXT","response":"Your order"})",
    R"({"timestamp":1769850902345,"sender":"user","message_type":"TEXT","response":"caf\u00e9 \ud83d\udc69\u200d\ud83d\udc67"})",
    R"({"timestamp":1769850902345,"sender":"user","message_type":"TEXT","response":"\ud83d lone"})",
    R"({"timestamp":1769850902346,"sender":"user","message_type":"INTERACTIVE","response":{"b":1.0,"a":[1e0,null]}})",
    R"({"timestamp":1769850902346,"sender":"user","message_type":"INTERACTIVE","response":{"a":[1,null],"b":1}})",
    R"({"timestamp":1769850902346,"sender":"user","message_type":"INTERACTIVE","response":"{\"a\":[1,null],\"b\":1}"})",
    R"({"timestamp":1769850902347,"sender":"agent","message_type":"IMAGE","response":null,"file":"https://f.example/a?sig=1#x"})",
    R"({"timestamp":1769850902347,"sender":"agent","message_type":"IMAGE","response":"","file":"https://f.example/a?sig=2"})",
    R"({"timestamp":"yesterday","sender":"user","message_type":"TEXT","response":"no instant"})",
    R"({"timestamp":"","sender":"","message_type":"","response":""})",
    R"({"timestamp":1769850902348,"sender":"system","message_type":"TEXT","response":["x","y"],"user_id":"other"})",
    R"({"timestamp":1769850902349,"sender":"user","message_type":"TEXT","response":12345678901234567890.50})",
};

void add_keys(std::string& text, const std::string& source, const std::string& user) {
  SourceOptions options;
  options.name = source;
  text += "== keys of " + source + " " + user + "\n";
  for (const std::string_view element : elements) {
    const std::optional<Row> row = elitbuzz::read_row(options, user, element);
    text += row ? message_key(row->digest, 0) + " " + message_key(row->digest, 0xABCDEF).substr(26) : "no row";
    text += "\n";
  }
}

// Numbers that are the same on every machine.
class Sequence {
 public:
  std::uint32_t next(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33U) % limit;
  }

 private:
  std::uint64_t state_ = 42;
};

std::vector<OutgoingMessage> messages(std::size_t count) {
  constexpr std::string_view words[] = {"order ", "caf\u00e9 ",   "\U0001F469\u200D\U0001F467 ",
                                        "<b>&",   "line\nbreak ", "x"};
  Sequence sequence;
  std::vector<OutgoingMessage> made;
  for (std::size_t number = 0; number < count; ++number) {
    OutgoingMessage message;
    message.id = static_cast<std::int64_t>(number) + 1;
    message.user = 1 + sequence.next(3);
    message.key = sha256_hex(std::to_string(number)).substr(0, 32);
    message.source = "support";
    message.user_id = "91981234567" + std::to_string(message.user);
    if (sequence.next(20) != 0) {
      message.instant = Instant{} + Milliseconds{1'769'800'000'000 + static_cast<std::int64_t>(number) * 1'000'003};
    }
    message.direction = static_cast<Direction>(sequence.next(5));
    message.sender = "someone";
    message.type = "TEXT";
    for (std::uint32_t word = sequence.next(40); word > 0; --word) {
      message.text += words[sequence.next(6)];
    }
    message.raw = boost::json::serialize(boost::json::value{{"response", message.text}});
    message.user_element = R"({"user.user_name": "Asha Rao", "mobile": 919812345678})";
    made.push_back(message);
  }
  return made;
}

void add_sets(std::string& text) {
  text += "== idempotency keys of sets of 1, 2, ... messages\n";
  std::vector<OutgoingMessage> all = messages(12);
  while (!all.empty()) {
    text += idempotency_key(all) + "\n";
    all.pop_back();
  }
  text += "== uuid5, sha256 and external_id of keys\n";
  for (const OutgoingMessage& message : messages(12)) {
    const boost::json::value key = boost::json::string("support." + message.user_id + "." + message.key + "#\u00e9");
    for (const std::string_view filter : {"uuid5", "sha256", "external_id"}) {
      text += crm::text_of(crm::apply_filter(filter, {}, key)) + (filter == "external_id" ? "\n" : " ");
    }
  }
}

void add_records(std::string& text, const char* title, const crm::WorkOptions& options) {
  text += std::string("== records: ") + title + "\n";
  const crm::Work work = crm::make_work(options, messages(120), {});
  for (const crm::Activity& activity : work.activities) {
    text += std::to_string(activity.user) + " " + activity.local_key + " " + activity.digest + "\n";
  }
}

std::string identifiers() {
  std::string text = "# What names messages and records, made by tests/core/identifiers_test.cpp.\n";
  add_keys(text, "support", "919812345678");
  add_keys(text, "sales-2", "wa id/\u00e9");
  add_sets(text);
  crm::WorkOptions options;
  options.text.limit = 256;
  add_records(text, "one a message, 256 code points", options);
  options.text.limit_unit = TextUnit::utf16;
  options.text.html = true;
  add_records(text, "one a message, 256 UTF-16 units, HTML", options);
  options.unit = crm::DeliveryUnit::day;
  options.zone = TimeZone({{Instant{}, std::chrono::minutes{330}}});
  options.zone_name = "Asia/Kolkata";
  add_records(text, "one a day, 256 UTF-16 units, HTML", options);
  options.text = {false, 1000, TextUnit::bytes};
  add_records(text, "one a day, 1000 bytes", options);
  options.text = {};
  add_records(text, "one a day, without a limit", options);
  return text;
}

TEST(IdentifiersTest, AreThoseOfTheGoldenFile) {
  const std::string made = identifiers();
  std::ifstream stream(golden_file);
  const std::string golden{std::istreambuf_iterator<char>{stream}, {}};
  ASSERT_FALSE(golden.empty()) << golden_file;
  EXPECT_TRUE(made == golden) << "a message or record has another name than before: that must not happen";
}

}  // namespace
}  // namespace elit
