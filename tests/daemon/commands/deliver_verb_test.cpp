#include "daemon/commands/deliver.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "config/loader.hpp"
#include "core/crm/exchange.hpp"
#include "core/delivery/webhook.hpp"
#include "daemon/commands/request_text.hpp"
#include "storage/status_reader.hpp"
#include "tests/daemon/delivery/delivering_rig.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string sources =
    "state: {directory: state}\n"
    "sources:\n"
    "  - name: support\n"
    "    base_url: https://api.example.com\n"
    "    customer_id: \"4660\"\n"
    "    bot_key: 6bc26c50902b4838\n"
    "    api_key: {file: absent.key}\n"
    "    audiences: [{attribute: feedback, value: \"1\"}]\n"
    "sinks:\n";

// Secrets refer to missing files, so reading one fails.
const std::string webhook =
    "  - name: hook\n"
    "    type: http\n"
    "    url: https://crm.example.com:8443/in?v=2\n"
    "    headers: {Authorization: {file: absent.token}, X-Tenant: blue}\n";
const std::string archive =
    "  - name: archive\n"
    "    type: file\n"
    "    directory: archive\n";
const std::string custom =
    "  - name: own\n"
    "    type: custom\n"
    "    preset: ./own.yaml\n"
    "    secrets: {name: {file: absent.name}, key: {file: absent.key}}\n";

const std::string own_preset =
    "title: Own\n"
    "url: https://own.example.com/api\n"
    "guarantee: Records are updated by their keys.\n"
    "units: [message, day]\n"
    "credentials:\n"
    "  way:\n"
    "    secrets: [name, key]\n"
    "    headers: {Authorization: \"Basic ${secret.name | base64}\", X-Key: \"${secret.key}\"}\n"
    "    query: {key: \"${secret.key}\"}\n"
    "steps:\n"
    "  - name: abilities\n"
    "    item: sink\n"
    "    kind: find\n"
    "    path: /abilities\n"
    "    find: {single: true, save: {region: /region}}\n"
    "  - name: people\n"
    "    item: contact\n"
    "    path: /people\n"
    "    headers: {X-Region: \"${sink.region}\"}\n"
    "    items_max: 10\n"
    "    idempotency: upsert\n"
    "    body: {rows: {$each: items, value: {key: \"${contact.key}\"}}}\n"
    "    reply: {list: /rows, keys: {pointer: /key, equals: \"${contact.key}\"}, id: /id}\n"
    "  - name: notes\n"
    "    item: activity\n"
    "    path: /people/${contact.remote_id}/notes\n"
    "    format: form\n"
    "    idempotency: upsert\n"
    "    body: {key: \"${activity.key}\", text: \"${activity.plain}\"}\n"
    "    reply: {id: /id}\n";

std::string text_at(const json::object& object, const char* name) {
  const json::string& text = object.at(name).as_string();
  return {text.data(), text.size()};
}
const json::object& request_of(const json::object& document, std::size_t place) {
  return document.at("requests").as_array().at(place).as_object();
}

class DeliverVerbTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path state() const { return directory_.path() / "state"; }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory_.path() / name, std::ios::binary) << content;
  }

  void configure(const std::string& sinks) {
    write("test.yaml", sources + sinks);
    write("own.yaml", own_preset);
  }

  // A state with these messages of one user.
  void store(const std::vector<std::string>& texts) {
    StoredConversations& stored = conversations_.emplace(state());
    user_ = stored.follow("919800000001");
    for (const std::string& text : texts) {
      stored.say(user_, text);
    }
  }

  int deliver_with(DeliverArguments arguments) {
    arguments.config = directory_.path() / "test.yaml";
    out_.str({});
    err_.str({});
    return deliver(arguments, out_, err_);
  }

  // The output about the sink's last messages.
  std::string text_of(const std::string& sink, int last = 5, bool ignore_state = false) {
    EXPECT_EQ(deliver_with({{}, sink, last, true, ignore_state, false}), 0) << err_.str();
    return out_.str();
  }
  json::object document_of(const std::string& sink, int last = 5, bool ignore_state = false) {
    EXPECT_EQ(deliver_with({{}, sink, last, true, ignore_state, true}), 0) << err_.str();
    return json::parse(out_.str()).as_object();
  }
  static std::vector<std::string> steps_of(const json::object& document) {
    std::vector<std::string> steps;
    for (const json::value& request : document.at("requests").as_array()) {
      steps.push_back(text_at(request.as_object(), "step"));
    }
    return steps;
  }

  // Records the messages with these ids as delivered to the sink.
  void record_delivered(const std::string& sink, const std::vector<storage::MessageId>& ids) {
    storage::Store& store = conversations_->store();
    storage::BatchSettlement settlement;
    settlement.sink = store.register_sinks({{sink, true}}).front();
    settlement.batch = store.begin_batch(settlement.sink, ids, test_start);
    settlement.at = test_start;
    for (const storage::MessageId id : ids) {
      settlement.outcomes.emplace_back();
      settlement.outcomes.back().id = id;
      settlement.outcomes.back().state = storage::DeliveryState::delivered;
    }
    store.settle_batch(settlement);
  }

  // The records of the sink's CRM after everything was delivered.
  std::vector<RemoteRecord> records_after_delivery() {
    const config::Loaded loaded = config::load(directory_.path() / "test.yaml");
    const crm::SinkDesign& design = loaded.designs.begin()->second;
    const std::vector<OutgoingMessage> messages = storage::read_last_messages(state(), 100);
    crm::Exchange::Task task;
    task.messages = messages.size();
    task.work = crm::make_work(design.work, messages, {});
    crm::Exchange exchange(design, std::move(task));
    while (exchange.next({json::object{}, json::object{}})) {
      exchange.assume_done();
    }
    return exchange.result().records;
  }

  void keep(const std::string& sink, const std::vector<RemoteRecord>& records) {
    storage::Store& store = conversations_->store();
    store.keep_remote_records(store.register_sinks({{sink, true}}).front(), records, test_start);
  }

  ScratchDirectory directory_;
  std::optional<StoredConversations> conversations_;
  storage::UserRow user_ = 0;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(DeliverVerbTest, ShowsTheRequestOfAWebhookByteForByteWithoutItsSecrets) {
  configure(webhook + "    sign: {secret: {file: absent.secret}}\n");
  store({"one", "two", "three"});
  const json::object document = document_of("hook", 2);
  EXPECT_EQ(text_at(document, "sink"), "hook");
  EXPECT_EQ(document.at("messages").to_number<int>(), 2);
  ASSERT_THAT(document.at("requests").as_array(), SizeIs(1));
  const json::object& request = request_of(document, 0);
  const HttpRequest real = webhook_request("/in?v=2", {}, storage::read_last_messages(state(), 2));
  EXPECT_EQ(request.at("body"), json::parse(real.body));
  EXPECT_EQ(text_at(request, "method"), "POST");
  EXPECT_EQ(text_at(request, "url"), "https://crm.example.com:8443/in?v=2");
  const json::object& headers = request.at("headers").as_object();
  EXPECT_EQ(text_at(headers, "Authorization"), "***");
  EXPECT_EQ(text_at(headers, "X-Tenant"), "blue");
  EXPECT_EQ(text_at(headers, "Content-Type"), "application/json");
  EXPECT_EQ(text_at(headers, "Idempotency-Key"), idempotency_key(storage::read_last_messages(state(), 2)));
  EXPECT_EQ(text_at(headers, "X-Elitbuzz-Signature"), "***");
  EXPECT_EQ(text_at(headers, "X-Elitbuzz-Timestamp"), "***");
  EXPECT_THAT(err_.str(), HasSubstr("Nothing was sent"));
  EXPECT_THAT(err_.str(), HasSubstr("***"));
}

TEST_F(DeliverVerbTest, ShowsARequestAsABlockOfLines) {
  configure(webhook);
  store({"one", "two"});
  const std::string text = text_of("hook", 1);
  EXPECT_THAT(text, testing::StartsWith("# 1/1 messages: 1 message\nPOST https://crm.example.com:8443/in?v=2\n"));
  EXPECT_THAT(text, HasSubstr("Authorization: ***\n"));
  EXPECT_THAT(text, HasSubstr("\n\n{\n  \"messages\": [\n    {\n      \"key\": \""));
  EXPECT_THAT(text, HasSubstr("      \"text\": \"two\",\n"));
  EXPECT_THAT(text, Not(HasSubstr("one")));
  EXPECT_THAT(text, Not(HasSubstr("Signature")));
}

TEST_F(DeliverVerbTest, CutsTheMessagesIntoTheBatchesOfTheSink) {
  configure(webhook + "    batch: {messages: 2}\n");
  store({"one", "two", "three"});
  const json::object document = document_of("hook");
  ASSERT_THAT(document.at("requests").as_array(), SizeIs(2));
  EXPECT_THAT(json::serialize(request_of(document, 0)), Not(HasSubstr("three")));
  EXPECT_THAT(json::serialize(request_of(document, 1)), HasSubstr("three"));
}

TEST_F(DeliverVerbTest, ShowsTheLinesOfAnArchiveAndMakesNone) {
  configure(archive);
  store({"one", "two"});
  const json::object document = document_of("archive");
  ASSERT_THAT(document.at("requests").as_array(), SizeIs(1));
  std::string lines;
  for (const OutgoingMessage& message : storage::read_last_messages(state(), 5)) {
    append_message(lines, message);
    lines += '\n';
  }
  EXPECT_EQ(text_at(request_of(document, 0), "body"), lines);
  EXPECT_THAT(text_at(request_of(document, 0), "url"),
              testing::MatchesRegex(".*/archive/[0-9]{4}-[0-9]{2}-[0-9]{2}\\.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "archive"));
}

TEST_F(DeliverVerbTest, ShowsTheStepsOfACrmWithIdsInBracketsAndMaskedSecrets) {
  configure(custom);
  store({"a & b", "two"});
  const std::string text = text_of("own");
  EXPECT_THAT(text, HasSubstr("# 2/4 people (contact step)\nPOST https://own.example.com/api/people?key=***\n"
                              "X-Region: (region)\nAuthorization: Basic ***\nX-Key: ***\n"));
  EXPECT_THAT(text, HasSubstr("{\n  \"rows\": [\n    {\n      \"key\": \"support.919800000001\"\n    }\n  ]\n}\n"));
  EXPECT_THAT(text, HasSubstr("\n# 3/4 notes (activity step): 1 activity\n"));
  EXPECT_THAT(text, HasSubstr("/people/(contact id)/notes?key=***\n"));
  EXPECT_THAT(text, HasSubstr("a%20%26%20b")) << "a form stands as it is sent";
  EXPECT_THAT(text, Not(HasSubstr("Kioq"))) << "a mask that was encoded looks like a secret";
  EXPECT_THAT(err_.str(), HasSubstr("brackets"));
}

TEST_F(DeliverVerbTest, WritesAContactOnceForSeveralBatches) {
  configure(custom + "    batch: {messages: 1}\n");
  store({"one", "two", "three"});
  EXPECT_THAT(steps_of(document_of("own")), ElementsAre("abilities", "people", "notes", "notes", "notes"));
}

TEST_F(DeliverVerbTest, UsesTheIdsThatAreKnown) {
  configure(custom);
  store({"one"});
  keep("own", {{user_, "", "501", "of something else", {}}});
  EXPECT_THAT(text_of("own"), HasSubstr("/people/501/notes"));
  EXPECT_THAT(text_of("own", 5, true), Not(HasSubstr("501")));
}

TEST_F(DeliverVerbTest, SaysSoWhenTheCrmHoldsEverythingAlready) {
  configure(custom + "    unit: day\n");
  store({"one", "two"});
  keep("own", records_after_delivery());
  EXPECT_THAT(steps_of(document_of("own")), ElementsAre("abilities"));
  EXPECT_THAT(err_.str(), HasSubstr("--ignore-state"));
  EXPECT_THAT(steps_of(document_of("own", 5, true)), ElementsAre("abilities", "people", "notes"));
  EXPECT_THAT(err_.str(), Not(HasSubstr("--ignore-state")));
  conversations_->say(user_, "three");
  EXPECT_THAT(steps_of(document_of("own")), ElementsAre("abilities", "notes")) << "only what has changed";
}

TEST_F(DeliverVerbTest, TellsATranscriptWithWhatWasDeliveredOfItsDay) {
  configure(custom + "    unit: day\n");
  store({"early", "waiting", "latest"});
  record_delivered("own", {1});
  const json::object document = document_of("own", 1);
  ASSERT_THAT(steps_of(document), ElementsAre("abilities", "people", "notes"));
  const std::string body = text_at(request_of(document, 2), "body");
  EXPECT_THAT(body, HasSubstr("early"));
  EXPECT_THAT(body, HasSubstr("latest"));
  EXPECT_THAT(body, Not(HasSubstr("waiting")));
  const std::string whole = text_at(request_of(document_of("own", 3), 2), "body");
  EXPECT_EQ(whole.find("early"), whole.rfind("early")) << "what is delivered and shown again stands there once";
}

TEST_F(DeliverVerbTest, MakesATranscriptGrowFromBatchToBatch) {
  configure(custom + "    unit: day\n    batch: {messages: 1}\n");
  store({"early", "latest"});
  const json::object document = document_of("own");
  ASSERT_THAT(steps_of(document), ElementsAre("abilities", "people", "notes", "notes"));
  const std::string first = text_at(request_of(document, 2), "body");
  const std::string second = text_at(request_of(document, 3), "body");
  EXPECT_THAT(first, Not(HasSubstr("latest")));
  EXPECT_THAT(second, HasSubstr("early"));
  EXPECT_THAT(second, HasSubstr("latest"));
}

TEST_F(DeliverVerbTest, ShowsNothingWhileNothingIsStored) {
  configure(webhook);
  EXPECT_THAT(text_of("hook"), IsEmpty());
  EXPECT_THAT(err_.str(), HasSubstr("No messages are stored in " + state().string()));
  EXPECT_FALSE(std::filesystem::exists(state())) << "it made a state";
  store({});
  EXPECT_THAT(document_of("hook").at("requests").as_array(), IsEmpty());
}

TEST_F(DeliverVerbTest, RefusesToDeliver) {
  configure(webhook);
  EXPECT_EQ(deliver_with({{}, "hook", 5, false, false, false}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("--render"));
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(DeliverVerbTest, NamesTheSinksWhenOneIsUnknownOrMissing) {
  configure(webhook + archive);
  EXPECT_EQ(deliver_with({{}, "hok", 5, true, false, false}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("hook, archive"));
  EXPECT_EQ(deliver_with({{}, "", 5, true, false, false}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("--sink NAME"));
  write("test.yaml", "sources: 5\n");
  EXPECT_EQ(deliver_with({{}, "hook", 5, true, false, false}), 78);
}

TEST(RenderedRequestTest, KeepsEveryValueAsItWouldGoOut) {
  RenderedRequest request;
  request.step = "rows";
  request.method = "PUT";
  request.url = "https://crm.example.com/";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = R"({"n":1e400,"m":12345678901234567890,"s":"a\u0041 {[,:","e":{},"l":[ ],"b":[[1,true],null]})";
  EXPECT_EQ(
      to_text({request}),
      "# 1/1 rows\nPUT https://crm.example.com/\nContent-Type: application/json\n\n"
      "{\n  \"n\": 1e400,\n  \"m\": 12345678901234567890,\n  \"s\": \"a\\u0041 {[,:\",\n  \"e\": {},\n  \"l\": [],\n"
      "  \"b\": [\n    [\n      1,\n      true\n    ],\n    null\n  ]\n}\n");
  EXPECT_THAT(to_json("crm", 1, {request}), HasSubstr("\"body\":" + request.body + "}"));
}

TEST(RenderedRequestTest, TakesOnlyJsonForJson) {
  RenderedRequest request;
  request.headers = {{"Content-Type", "application/x-ndjson"}};
  request.body = "{\"a\":1}\n";
  EXPECT_THAT(to_json("crm", 1, {request}), HasSubstr(R"("body":"{\"a\":1}\n")"));
  request.headers = {{"content-type", "application/json"}, {"X-A", "1"}, {"x-a", "2"}};
  request.body = "{\"a\":";
  EXPECT_THAT(to_json("crm", 1, {request}), HasSubstr(R"("body":"{\"a\":")"));
  EXPECT_THAT(to_json("crm", 1, {request}), HasSubstr(R"("X-A":"1, 2")"));
}

}  // namespace
}  // namespace elit::daemon
