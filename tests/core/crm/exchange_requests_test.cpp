#include "core/crm/exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <vector>

#include "tests/core/crm/exchange_rig.hpp"

namespace elit::crm {
namespace {

using rig::at;
using rig::delivered_to;
using rig::design_of;
using rig::FakeCrm;
using rig::task_of;
using rig::users_to;
using rig::verdicts;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using enum Verdict;

TEST(ExchangeRequestsTest, HalveWhatIsLongerThanABodyMayBe) {
  auto task = task_of(users_to(8));
  task.bytes_max = 200;
  FakeCrm crm;
  const auto design = design_of({});
  Exchange exchange(design, task);
  int requests = 0;
  while (const auto request = exchange.next(rig::secrets())) {
    EXPECT_LE(request->request.body.size(), 200U);
    EXPECT_TRUE(exchange.on_answer(parse(crm.answer(*request)), {}));
    ++requests;
  }
  EXPECT_GE(requests, 4);
  EXPECT_THAT(verdicts(exchange.result()), Each(delivered));
  task.bytes_max = 1;  // What cannot be halved is sent all the same.
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), Each(delivered));
}

TEST(ExchangeRequestsTest, HalveWhatIsTooLargeForTheCrm) {
  FakeCrm crm;
  crm.rows_max = 3;
  EXPECT_THAT(verdicts(delivered_to(crm, design_of({}), task_of(users_to(10)))), Each(delivered));
}

TEST(ExchangeRequestsTest, KeepItemsOfDifferentGroupsInDifferentRequests) {
  auto design = design_of({});
  design.preset.steps.back().group_by = rig::text("${contact.remote_id}");
  FakeCrm crm;
  const auto result = delivered_to(crm, design, task_of({1, 2, 1, 2}));
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1,s.2", "/activity/upsert s.1.m0,s.1.m2",
                                   "/activity/upsert s.2.m1,s.2.m3"));
}

TEST(ExchangeRequestsTest, KeepTheOrderOfAUserWhoseItemsAreInDifferentGroups) {
  auto design = design_of({});
  design.preset.steps.back().group_by = rig::text("${activity.text}");
  auto task = task_of({1, 1, 1, 2});
  task.work.activities[1].values["text"] = "other";
  FakeCrm crm;
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), Each(delivered));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1,s.2", "/activity/upsert s.1.m0,s.2.m3",
                                   "/activity/upsert s.1.m1", "/activity/upsert s.1.m2"));
}

TEST(ExchangeRequestsTest, LeaveFieldsAloneThatTheCrmHasAValueFor) {
  auto design = design_of({});
  design.fields = {{"city", rig::text("Pune"), false},
                   {"phone", rig::text("${contact.phone}"), true},
                   {"vat", rig::text("7"), true}};
  Step read = rig::find_step("contact", StepItem::contact, Idempotency::lookup_before_create, 100);
  read.kind = StepKind::read;
  read.name = "fields";
  read.find.current = "/fields";
  design.preset.steps.insert(design.preset.steps.begin(), read);
  Exchange exchange(design, task_of({1, 2}));
  EXPECT_EQ(exchange.next(rig::secrets())->step, "fields");
  EXPECT_TRUE(exchange.on_answer(
      parse({200, {}, R"({"found":[{"key":"s.1","id":"c1","fields":{"phone":"+4412","city":"London","vat":""}}]})"}),
      {}));
  const auto body = boost::json::parse(exchange.next(rig::secrets())->request.body);
  const auto& rows = body.at("rows").as_array();
  EXPECT_FALSE(rows.at(0).as_object().contains("phone"));
  EXPECT_EQ(rows.at(0).at("city"), "Pune");
  EXPECT_EQ(rows.at(0).at("vat"), "7");
  EXPECT_EQ(rows.at(1).at("phone"), "+912");
}

TEST(ExchangeRequestsTest, KnowWhatWasReadForOneAttemptOnly) {
  auto design = design_of({});
  design.fields = {{"phone", rig::text("${contact.phone}"), true}, {"was", rig::text("${contact.last_name}"), false}};
  Step read = rig::find_step("contact", StepItem::contact, Idempotency::lookup_before_create, 100);
  read.kind = StepKind::read;
  read.name = "fields";
  read.find.save = {{"last_name", at("/last")}};
  design.preset.steps.insert(design.preset.steps.begin(), read);
  Exchange exchange(design, task_of({1}));
  static_cast<void>(exchange.next(rig::secrets()));
  EXPECT_TRUE(exchange.on_answer(parse({200, {}, R"({"found":[{"key":"s.1","phone":"+4412","last":"Rao"}]})"}), {}));
  const auto row = boost::json::parse(exchange.next(rig::secrets())->request.body).at("rows").at(0);
  EXPECT_FALSE(row.as_object().contains("phone")) << "the candidate itself holds the fields";
  EXPECT_EQ(row.at("was"), "Rao");
  EXPECT_TRUE(exchange.on_answer(parse({200, {}, R"({"results":[{"key":"s.1","ok":true,"id":"c1"}]})"}), {}));
  static_cast<void>(exchange.next(rig::secrets()));
  EXPECT_TRUE(exchange.on_answer(parse({200, {}, R"({"results":[{"key":"s.1.m0","ok":true,"id":"a1"}]})"}), {}));
  EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
  const auto records = exchange.result().records;
  ASSERT_FALSE(records.empty());
  EXPECT_FALSE(records.front().saved.contains("last_name"));
}

TEST(ExchangeRequestsTest, WriteNothingOverWhatTheCrmDidNotShow) {
  auto design = design_of({});
  design.fields = {{"phone", rig::text("${contact.phone}"), true}};
  Step read = rig::find_step("contact", StepItem::contact, Idempotency::lookup_before_create, 100);
  read.kind = StepKind::read;
  read.find.has_more = at("/more");
  design.preset.steps.insert(design.preset.steps.begin(), read);
  Exchange exchange(design, task_of({1}));
  static_cast<void>(exchange.next(rig::secrets()));
  EXPECT_TRUE(exchange.on_answer(parse({200, {}, R"({"found":[],"more":true})"}), {}));
  EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
  EXPECT_EQ(exchange.result().answer.messages.front().verdict, Verdict::unknown);
}

TEST(ExchangeRequestsTest, CarrySavedValuesAndListsToLaterSteps) {
  auto design = design_of({});
  design.preset.steps.front().reply.save = {{"thread", at("/thread")}, {"tags", at("/tags")}};
  EachForm tags;
  tags.list = rig::text("${contact.tags}");
  tags.value = std::make_shared<const Tree>(rig::leaf("tag ${each.name}"));
  design.preset.steps.back().body = rig::rows_of(rig::object(
      {{"key", rig::leaf("${activity.key}")}, {"thread", rig::leaf("${contact.thread}")}, {"tags", Tree{tags}}}));
  Exchange exchange(design, task_of({1}));
  static_cast<void>(exchange.next(rig::secrets()));
  const HttpResponse written{
      200, {}, R"({"results":[{"key":"s.1","ok":true,"id":"c1","thread":"t9","tags":[{"name":"a"},{"name":"b"}]}]})"};
  EXPECT_TRUE(exchange.on_answer(parse(written), {}));
  const auto row = boost::json::parse(exchange.next(rig::secrets())->request.body).at("rows").at(0);
  EXPECT_EQ(row.at("thread"), "t9");
  EXPECT_EQ(boost::json::serialize(row.at("tags")), R"(["tag a","tag b"])");
  static_cast<void>(exchange.on_answer(parse({200, {}, R"({"results":[{"key":"s.1.m0","ok":true,"id":"a1"}]})"}), {}));
  EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
  const auto records = exchange.result().records;
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.front().saved.at("thread"), "t9");
}

TEST(ExchangeRequestsTest, NeverSpeakOfSecretsNorRepeatThePeersWordsInALog) {
  const std::string words = "Asha said hello, call +919812345678";
  for (const int status : {200, 400, 401, 403, 429, 500, 302}) {
    for (const std::string& body :
         {R"({"message":")" + words + R"("})",
          R"({"results":[{"key":"s.1","ok":false,"code":"SETUP","message":")" + words + "\"}]}"}) {
      const auto design = design_of({});
      Exchange exchange(design, task_of({1}));
      static_cast<void>(exchange.next(rig::secrets()));
      if (!exchange.on_answer(parse({status, {}, body}), {})) {
        exchange.refuse_credential("the token is refused");
      }
      static_cast<void>(exchange.next(rig::secrets()));
      const auto answer = exchange.result().answer;
      EXPECT_THAT(answer.detail, Not(HasSubstr("Asha"))) << status;
      EXPECT_THAT(answer.detail, Not(HasSubstr("9812345678"))) << status;
      EXPECT_THAT(answer.detail + answer.reason + answer.messages[0].error, Not(HasSubstr("s3cr3t"))) << status;
    }
  }
}

TEST(ExchangeRequestsTest, EncodeWhatGoesIntoPathsAndGoWhereTheTokenSays) {
  auto design = design_of({});
  design.preset.steps.front().path = rig::text("/contacts/${contact.name}");
  auto task = task_of({1});
  task.work.contacts.front().values["name"] = "a/../b?c=d#e \r\n";
  Exchange exchange(design, task);
  CredentialValues values = rig::secrets();
  values.token = boost::json::object{{"base_url", "https://eu7.example.com"}};
  const auto request = exchange.next(values);
  EXPECT_EQ(request->base_url, "https://eu7.example.com");
  EXPECT_EQ(request->request.target, "/contacts/a%2F..%2Fb%3Fc%3Dd%23e%20%0D%0A");
}

}  // namespace
}  // namespace elit::crm
