#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/crm/exchange.hpp"
#include "tests/core/crm/exchange_rig.hpp"

// Ids that the CRM does not find, records that are left to a later step, fields that are required, and contacts of
// others.
namespace elit::crm {
namespace {

using rig::at;
using rig::delivered_to;
using rig::FakeCrm;
using rig::Shape;
using rig::task_of;
using rig::text;
using rig::verdicts;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum Verdict;
using Effect = VerdictRule::Effect;

VerdictRule with_effect(const std::string& code, Effect effect) {
  VerdictRule rule = rig::on_code(code, rejected);
  rule.effect = effect;
  return rule;
}

SinkDesign looking_up() {
  Shape shape;
  shape.contacts = shape.activities = Idempotency::lookup_before_create;
  SinkDesign design = rig::design_of(shape);
  design.preset.item_verdicts.insert(design.preset.item_verdicts.begin(),
                                     {with_effect("GONE", Effect::gone), with_effect("NEXT", Effect::next)});
  return design;
}

// Attempts with what the state keeps in between; at most `attempts_max`.
class Attempts {
 public:
  Attempts(FakeCrm& crm, const SinkDesign& design) : crm_(crm), design_(design) {}

  ExchangeResult once(const std::vector<DeliveryUserId>& users) {
    Exchange::Task task = task_of(users);
    task.known = known;
    task.unsure = unsure_;
    task.absent = absent_;
    ExchangeResult result = delivered_to(crm_, design_, std::move(task));
    rig::keep(known, result.records);
    absent_ = {result.absent.begin(), result.absent.end()};
    unsure_ = false;
    for (const Verdict verdict : verdicts(result)) {
      unsure_ = unsure_ || verdict == unknown;
    }
    return result;
  }
  std::vector<Verdict> until_settled(const std::vector<DeliveryUserId>& users, int attempts_max = 6) {
    std::vector<Verdict> all = verdicts(once(users));
    while (--attempts_max > 0 && all.front() != delivered && all.front() != rejected) {
      all = verdicts(once(users));
    }
    return all;
  }

  std::vector<RemoteRecord> known;

 private:
  FakeCrm& crm_;
  const SinkDesign& design_;
  bool unsure_ = false;
  std::set<RecordKey> absent_;
};

TEST(ExchangeEffectsTest, ForgetTheIdOfAContactThatIsGoneAndMakeItAgain) {
  FakeCrm crm;
  const SinkDesign design = looking_up();
  Attempts attempts(crm, design);
  attempts.known = {{1, "", "gone-id", "digest of another content", {}}};
  EXPECT_THAT(verdicts(attempts.once({1})), ElementsAre(retry));
  ASSERT_THAT(attempts.known, SizeIs(1));
  EXPECT_EQ(attempts.known[0].remote_id, "");
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(delivered));
  EXPECT_EQ(crm.count("s.1"), 1U);
  EXPECT_EQ(attempts.known[0].remote_id, crm.record("s.1")->id);
}

TEST(ExchangeEffectsTest, TakeTheRecordInThePlaceOfOneThatIsGoneAsThatOfOthers) {
  FakeCrm crm;
  crm.records = {{"contact", "s.1", "survivor", "Name given by hand", ""}};
  const SinkDesign design = looking_up();
  Attempts attempts(crm, design);
  attempts.known = {{1, "", "gone-id", "digest of another content", {}}};
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(delivered));
  EXPECT_EQ(attempts.known[0].remote_id, "survivor");
  EXPECT_EQ(attempts.known[0].saved.at("adopted"), "merge");
  EXPECT_EQ(crm.count("s.1"), 1U);
}

TEST(ExchangeEffectsTest, ForgetTheIdOfAnActivityThatIsGoneAndMakeItAgain) {
  FakeCrm crm;
  SinkDesign design = looking_up();
  design.work.unit = DeliveryUnit::day;
  Attempts attempts(crm, design);
  attempts.known = {{1, "m0", "gone-id", "digest of another content", {}}};
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(delivered));
  EXPECT_EQ(crm.count("s.1.m0"), 1U);
}

// The contact is made again once. What the CRM says then is a judgement.
TEST(ExchangeEffectsTest, JudgeAnActivityWhoseNewContactIsNotFoundEither) {
  FakeCrm crm;
  const SinkDesign design = looking_up();
  Attempts attempts(crm, design);
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(delivered));
  crm.records.clear();
  crm.codes["s.1.m0"] = "GONE";
  EXPECT_THAT(verdicts(attempts.once({1})), ElementsAre(retry));
  EXPECT_EQ(attempts.known[0].remote_id, "");
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(rejected));
  EXPECT_EQ(crm.count("s.1"), 1U);
}

// The rule for an id that is not found says nothing about requests without ids.
TEST(ExchangeEffectsTest, TakeGoneForARefusalWhereARequestHasNoIds) {
  FakeCrm crm;
  crm.codes["s.1"] = "GONE";
  const SinkDesign design = looking_up();
  const ExchangeResult result = delivered_to(crm, design, task_of({1}));
  EXPECT_THAT(result.records, IsEmpty());
  EXPECT_THAT(result.answer.messages[0].error, HasSubstr("GONE"));
}

TEST(ExchangeEffectsTest, LeaveAnItemToALaterStepThatTakesItUp) {
  for (const bool taken : {true, false}) {
    FakeCrm crm;
    crm.codes["s.1"] = "NEXT";
    SinkDesign design = looking_up();
    Step second = rig::write_step({}, "contact", StepItem::contact, Idempotency::upsert, 1);
    second.name = "second";
    second.only_new = true;
    second.only_if = {text("${contact.refused_by}")};
    second.body = rig::rows_of(rig::object({{"key", rig::leaf("${contact.key | string}!")}}));
    second.reply.keys = {{at("/key"), text("${contact.key}!")}};
    if (taken) {
      design.preset.steps.insert(design.preset.steps.begin() + 2, second);
    }
    const ExchangeResult result = delivered_to(crm, design, task_of({1, 2}));
    EXPECT_THAT(verdicts(result), ElementsAre(taken ? delivered : retry, delivered));
    EXPECT_EQ(crm.count("s.1!"), taken ? 1U : 0U);
    EXPECT_EQ(crm.count("s.2!"), 0U);
  }
}

// A contact of others is found by its telephone number. The look by our key comes first.
SinkDesign adopting(const std::set<std::string>& adopt) {
  SinkDesign design = looking_up();
  Step find = rig::find_step("contact", StepItem::contact, Idempotency::lookup_before_create, 1);
  find.name = "find-by-phone";
  find.adopts = "phone";
  find.body = rig::rows_of(rig::object({{"key", rig::leaf("${contact.phone}")}}));
  find.find.keys = {{at("/key"), text("${contact.phone}")}};
  design.preset.steps.insert(design.preset.steps.begin() + 1, find);
  design.adopt = adopt;
  return design;
}

TEST(ExchangeEffectsTest, TakeAContactOfOthersWhereTheOperatorAsksForIt) {
  for (const bool asked : {true, false}) {
    FakeCrm crm;
    crm.records = {{"contact", "+911", "made-by-hand", "Name given by hand", ""}};
    const SinkDesign design = adopting(asked ? std::set<std::string>{"phone"} : std::set<std::string>{"email"});
    const ExchangeResult result = delivered_to(crm, design, task_of({1}));
    EXPECT_THAT(verdicts(result), ElementsAre(delivered));
    ASSERT_THAT(result.records, SizeIs(1));
    EXPECT_EQ(result.records[0].remote_id == "made-by-hand", asked);
    EXPECT_EQ(result.records[0].saved.contains("adopted"), asked);
    EXPECT_EQ(crm.by_id("activity", crm.record("s.1.m0")->id)->contact, result.records[0].remote_id);
  }
}

TEST(ExchangeEffectsTest, TakeNoContactOfOthersForOneThatHasARecord) {
  FakeCrm crm;
  crm.records = {{"contact", "s.1", "ours", "N1", ""}, {"contact", "+911", "made-by-hand", "Name", ""}};
  const SinkDesign design = adopting({"phone"});
  const ExchangeResult result = delivered_to(crm, design, task_of({1}));
  EXPECT_EQ(result.records.at(0).remote_id, "ours");
  EXPECT_FALSE(result.records.at(0).saved.contains("adopted"));
}

// Its activity is refused, so the contact may be gone; it is still that of others when it is found again.
TEST(ExchangeEffectsTest, RememberThatAContactIsThatOfOthersWhileItsIdIsForgotten) {
  FakeCrm crm;
  crm.records = {{"contact", "+911", "made-by-hand", "Name given by hand", ""}};
  const SinkDesign design = adopting({"phone"});
  Attempts attempts(crm, design);
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(delivered));
  crm.records.front().key = "s.1";  // The update has written our key.
  crm.codes["s.1.m0"] = "BAD";
  std::erase_if(crm.records, [](const rig::Record& record) { return record.kind == "activity"; });
  EXPECT_THAT(verdicts(attempts.once({1})), ElementsAre(retry));
  EXPECT_EQ(attempts.known[0].remote_id, "");
  EXPECT_EQ(attempts.known[0].saved.at("adopted"), "phone");
  EXPECT_THAT(attempts.until_settled({1}), ElementsAre(rejected));
  EXPECT_EQ(attempts.known[0].remote_id, "made-by-hand");
  EXPECT_EQ(attempts.known[0].saved.at("adopted"), "phone");
}

TEST(ExchangeEffectsTest, StopAtARequiredFieldAndNameIt) {
  FakeCrm crm;
  crm.codes["s.1.m0"] = "REQUIRED";
  SinkDesign design = looking_up();
  VerdictRule rule = rig::on_code("REQUIRED", misconfigured);
  Locator field = at("/message");
  field.pattern = Pattern("no, ([A-Z]+)");
  rule.field = field;
  rule.advice = "Map it.";
  design.preset.item_verdicts.push_back(rule);
  const ExchangeResult result = delivered_to(crm, design, task_of({1}));
  EXPECT_EQ(result.answer.whole, misconfigured);
  EXPECT_EQ(result.answer.detail, "write-activity: the field REQUIRED has to have a value: Map it.");
  EXPECT_NE(verdicts(result).front(), rejected);
}

}  // namespace
}  // namespace elit::crm
