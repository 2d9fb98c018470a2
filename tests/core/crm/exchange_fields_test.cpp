#include "core/crm/exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/core/crm/exchange_rig.hpp"

// Contacts of which the CRM refuses a field.
namespace elit::crm {
namespace {

using rig::delivered_to;
using rig::FakeCrm;
using rig::task_of;
using rig::users_to;
using rig::verdicts;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum Verdict;

SinkDesign with_fields(const std::vector<std::pair<std::string, std::string>>& fields, const rig::Shape& shape = {}) {
  SinkDesign design = rig::design_of(shape);
  for (const auto& [field, value] : fields) {
    design.fields.push_back({field, rig::text(value), false});
  }
  return design;
}

const std::vector<std::pair<std::string, std::string>> some_fields{
    {"first", "${contact.name}"}, {"ext", "${contact.key}"}, {"phone", "${contact.phone}"}};

std::vector<std::string> members_of(const FakeCrm& crm, const std::string& key) {
  std::vector<std::string> members;
  for (const auto& member : crm.record(key)->row) {
    members.emplace_back(member.key());
  }
  return members;
}

TEST(ExchangeFieldsTest, WriteAContactWithoutTheFieldThatItsRefusalNames) {
  for (const bool apart : {false, true}) {
    FakeCrm crm;
    crm.errors_apart = apart;
    crm.bad_fields["phone"] = "BAD_PHONE";
    const ExchangeResult result = delivered_to(crm, with_fields(some_fields), task_of({1, 2}));
    EXPECT_THAT(verdicts(result), Each(delivered));
    EXPECT_THAT(members_of(crm, "s.1"), ElementsAre("key", "text", "first", "ext"));
    EXPECT_THAT(crm.log,
                ElementsAre("/contact/upsert s.1,s.2", "/contact/upsert s.1,s.2", "/activity/upsert s.1.m0,s.2.m1"));
    ASSERT_THAT(result.refused, SizeIs(2));
    EXPECT_EQ(result.refused[1].user_id, "2");
    EXPECT_THAT(result.refused[1].fields, ElementsAre("phone"));
    EXPECT_EQ(result.refused[1].code, "BAD_PHONE");
  }
}

TEST(ExchangeFieldsTest, MakeNoSecondContactWhereAnotherOneHasTheValue) {
  for (const char* code : {"CONFLICT", "DUPLICATES_DETECTED", "phone already taken", "phone is not unique"}) {
    FakeCrm crm;
    crm.bad_fields["phone"] = code;
    const ExchangeResult result = delivered_to(crm, with_fields(some_fields), task_of({1}));
    EXPECT_THAT(result.refused, IsEmpty()) << code;
    EXPECT_EQ(crm.record("s.1"), nullptr) << code;
  }
}

TEST(ExchangeFieldsTest, FindTheFieldOfARefusalThatNamesNone) {
  for (const bool bisect : {false, true}) {
    FakeCrm crm;
    crm.bisect_only = bisect;
    crm.bad_fields["phone"] = "BAD";
    const ExchangeResult result = delivered_to(crm, with_fields(some_fields), task_of({1, 2}));
    EXPECT_THAT(verdicts(result), Each(delivered));
    EXPECT_THAT(members_of(crm, "s.2"), ElementsAre("key", "text", "first", "ext"));
    ASSERT_THAT(result.refused, SizeIs(2));
    EXPECT_THAT(result.refused[0].fields, ElementsAre("phone"));
    EXPECT_EQ(result.refused[0].code, bisect ? "HTTP 400" : "BAD");
  }
}

TEST(ExchangeFieldsTest, LeaveAllButTheKeyOutWhereNoSingleFieldIsTheCause) {
  FakeCrm crm;
  crm.bad_fields = {{"phone", "BAD"}, {"first", "BAD"}};
  const ExchangeResult result = delivered_to(crm, with_fields(some_fields), task_of({1}));
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_THAT(members_of(crm, "s.1"), ElementsAre("key", "text", "ext"));
  EXPECT_THAT(result.refused.at(0).fields, ElementsAre("first", "phone"));
}

TEST(ExchangeFieldsTest, TryTheFieldAgainOnlyWhenTheContactChanges) {
  FakeCrm crm;
  crm.bad_fields["phone"] = "BAD_PHONE";
  const SinkDesign design = with_fields(some_fields);
  std::vector<RemoteRecord> known;
  rig::keep(known, delivered_to(crm, design, task_of({1})).records);
  crm.log.clear();
  Exchange::Task again = task_of({1});
  again.known = known;
  EXPECT_THAT(delivered_to(crm, design, again).refused, IsEmpty());
  EXPECT_THAT(crm.log, ElementsAre("/activity/upsert s.1.m0"));
  crm.bad_fields.clear();
  again.work.contacts[0].values["phone"] = "+91 2";
  crm.log.clear();
  EXPECT_THAT(verdicts(delivered_to(crm, design, again)), Each(delivered));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1", "/activity/upsert s.1.m0"));
}

TEST(ExchangeFieldsTest, LeaveFieldsOutOfUpdatesToo) {
  rig::Shape shape;
  shape.contacts = Idempotency::lookup_before_create;
  SinkDesign design = with_fields(some_fields, shape);
  for (Step& step : design.preset.steps) {
    if (step.name == "update-contact") {
      step.body = rig::rows_of(Tree{
          MergeForm{{rig::object({{"id", rig::leaf("${contact.remote_id}")}, {"key", rig::leaf("${contact.key}")}}),
                     rig::leaf("${contact.fields}")}}});
    }
  }
  FakeCrm crm;
  crm.records.push_back({"contact", "s.1", "c1", "", "", {}});
  crm.bad_fields["phone"] = "BAD_PHONE";
  const ExchangeResult result = delivered_to(crm, design, task_of({1}));
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_THAT(result.refused, SizeIs(1));
}

TEST(ExchangeFieldsTest, SayTheFirstReasonWhereNoFieldIsTheCause) {
  FakeCrm crm;
  crm.codes["s.2"] = "LICENCE";
  const ExchangeResult result = delivered_to(crm, with_fields(some_fields), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, retry, delivered));
  EXPECT_THAT(result.answer.messages[1].error, HasSubstr("LICENCE"));
  EXPECT_THAT(result.refused, IsEmpty());
}

TEST(ExchangeFieldsTest, StopGuessingWhereItHelpsNoContact) {
  FakeCrm crm;
  for (int user = 1; user <= 20; ++user) {
    crm.codes["s." + std::to_string(user)] = "LICENCE";
  }
  rig::Shape shape;
  shape.contacts_max = 1;
  const ExchangeResult result = delivered_to(crm, with_fields(some_fields, shape), task_of(users_to(20)));
  EXPECT_THAT(verdicts(result), Each(retry));
  EXPECT_EQ(crm.requests, 20 + 2 * 3) << "two contacts are tried without one field, without the other, without both";
}

TEST(ExchangeFieldsTest, TryNothingWhereTheAddressIsRefused) {
  SinkDesign design = with_fields(some_fields);
  design.preset.verdicts = {rig::on_status(404, rejected)};
  Exchange exchange(design, task_of({1}));
  static_cast<void>(exchange.next(rig::secrets()));
  const HttpResponse missing{404, {}, R"({"message":"no phone"})"};
  EXPECT_TRUE(exchange.on_answer(parse(missing), {}));
  EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
}

TEST(ExchangeFieldsTest, SayWhenAnActivityIsLate) {
  Exchange::Task task = task_of({1, 2});
  task.now = from_ms(1'769'850'060'000);  // 2026-01-31T09:01:00Z
  task.work.activities[0].values["started"] = 1'769'849'999'000;
  task.work.activities[1].values["started"] = 1'769'850'000'000;
  SinkDesign design = rig::design_of({});
  design.work.zone = TimeZone({{Instant{}, std::chrono::minutes{330}}});
  design.work.zone_name = "Asia/Kolkata";
  design.preset.steps.back().body =
      rig::rows_of(rig::object({{"key", rig::leaf("${activity.key}")}, {"text", rig::leaf("${activity.late}")}}));
  FakeCrm crm;
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), Each(delivered));
  EXPECT_EQ(crm.record("s.1.m0")->text, "2026-01-31 14:29 (Asia/Kolkata)");
  EXPECT_EQ(crm.record("s.2.m1")->text, "");
}

}  // namespace
}  // namespace elit::crm
