#include "core/crm/exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/core/crm/exchange_rig.hpp"

namespace elit::crm {
namespace {

using rig::delivered_to;
using rig::design_of;
using rig::FakeCrm;
using rig::Shape;
using rig::task_of;
using rig::users_to;
using rig::verdicts;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using enum Verdict;

// Carries out `count` requests and returns the next one.
CrmRequest request_after(Exchange& exchange, FakeCrm& crm, int count) {
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(exchange.on_answer(parse(crm.answer(exchange.next(rig::secrets()).value())), {}));
  }
  return exchange.next(rig::secrets()).value();
}

Failure lost() {
  Failure failure;
  failure.detail = "the connection broke";
  failure.answer_lost = true;
  return failure;
}

Shape looking_up(Idempotency way) {
  Shape shape;
  shape.contacts = shape.activities = way;
  return shape;
}

TEST(ExchangeTest, WriteContactsBeforeTheirActivities) {
  FakeCrm crm;
  const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 1}));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1,s.2", "/activity/upsert s.1.m0,s.2.m1,s.1.m2"));
  EXPECT_EQ(result.answer.whole, std::nullopt);
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, delivered, delivered));
  EXPECT_EQ(result.answer.messages[1].remote_id, crm.record("s.2.m1")->id);
  EXPECT_EQ(crm.record("s.2.m1")->contact, crm.record("s.2")->id);
}

TEST(ExchangeTest, CallUnknownWhatAnAnswerDoesNotSpeakOf) {
  FakeCrm crm;
  crm.unmentioned = {"s.2.m1"};
  const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, unknown, delivered));
}

TEST(ExchangeTest, LeaveActivitiesUnknownWhoseContactIs) {
  FakeCrm crm;
  crm.unmentioned = {"s.2"};
  const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, unknown, delivered));
  EXPECT_EQ(crm.record("s.2.m1"), nullptr);
}

TEST(ExchangeTest, MatchShuffledResultsByTheirKeysOrTheOtherOne) {
  for (const bool other : {false, true}) {
    FakeCrm crm;
    crm.shuffled = true;
    crm.other_key = other;
    const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 3}));
    EXPECT_THAT(verdicts(result), Each(delivered));
    for (int user = 1; user <= 3; ++user) {
      const std::string key = "s." + std::to_string(user) + ".m" + std::to_string(user - 1);
      EXPECT_EQ(result.answer.messages[static_cast<std::size_t>(user) - 1].remote_id, crm.record(key)->id);
    }
  }
}

TEST(ExchangeTest, MatchByPlaceOnlyWhenTheListIsAsLongAsTheRequest) {
  Shape shape;
  shape.by_place = true;
  FakeCrm crm;
  EXPECT_THAT(verdicts(delivered_to(crm, design_of(shape), task_of({1, 2, 3}))), Each(delivered));
  crm.unmentioned = {"s.2.m1"};
  EXPECT_THAT(verdicts(delivered_to(crm, design_of(shape), task_of({1, 2, 3}))), Each(unknown));
}

TEST(ExchangeTest, FindTheOneBadRowOfAHundredInHalves) {
  FakeCrm crm;
  crm.bisect_only = true;
  crm.codes["s.38.m37"] = "BAD";
  const auto result = delivered_to(crm, design_of({}), task_of(users_to(100)));
  std::vector<Verdict> expected(100, delivered);
  expected[37] = rejected;
  EXPECT_EQ(verdicts(result), expected);
  EXPECT_EQ(crm.records.size(), 199U);
  EXPECT_LE(crm.requests, 1 + 1 + 2 * 7);
}

TEST(ExchangeTest, RefuseTheRowsThatAnAnswerNamesAndNoOthers) {
  for (const bool apart : {false, true}) {
    FakeCrm crm;
    crm.errors_apart = apart;
    crm.codes["s.2.m1"] = "BAD";
    const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 3}));
    EXPECT_THAT(verdicts(result), ElementsAre(delivered, rejected, delivered));
    EXPECT_THAT(result.answer.messages[1].error, HasSubstr("BAD"));
    EXPECT_EQ(crm.requests, 2);
  }
}

TEST(ExchangeTest, SendTheOthersAgainAtOnceWhereOneRolledAllBack) {
  Shape shape;
  shape.atomic = true;
  FakeCrm crm;
  crm.atomic = true;
  crm.errors_apart = true;
  crm.codes["s.2.m1"] = "BAD";
  const auto result = delivered_to(crm, design_of(shape), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, rejected, delivered));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1,s.2,s.3", "/activity/upsert s.1.m0,s.2.m1,s.3.m2",
                                   "/activity/upsert s.1.m0,s.3.m2"));
}

TEST(ExchangeTest, LetAllWaitWhereOneIsRefusedForNowAndAllRolledBack) {
  Shape shape;
  shape.atomic = true;
  FakeCrm crm;
  crm.atomic = true;
  crm.errors_apart = true;
  crm.codes["s.2.m1"] = "LOCKED";
  const auto result = delivered_to(crm, design_of(shape), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), Not(Contains(delivered)));
  EXPECT_THAT(verdicts(result), Not(Contains(rejected)));
  EXPECT_EQ(crm.count("s.1.m0"), 0U);
}

TEST(ExchangeTest, AdoptTheIdOfARecordThatExists) {
  Shape shape;
  shape.activities = Idempotency::client_id;
  FakeCrm crm;
  crm.records.push_back({"activity", "s.1.m0", "a77", "hello", ""});
  const auto result = delivered_to(crm, design_of(shape), task_of({1}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered));
  EXPECT_EQ(result.answer.messages[0].remote_id, "a77");
  EXPECT_EQ(crm.count("s.1.m0"), 1U);
}

TEST(ExchangeTest, LookEachRecordUpBeforeTheyCreateIt) {
  FakeCrm crm;
  crm.records.push_back({"contact", "s.1", "c77", "old", ""});
  const auto result = delivered_to(crm, design_of(looking_up(Idempotency::lookup_before_create)), task_of({1, 2}));
  EXPECT_THAT(crm.log, ElementsAre("/contact/find s.1,s.2", "/contact/create s.2", "/contact/update s.1",
                                   "/activity/find s.1.m0,s.2.m1", "/activity/create s.1.m0,s.2.m1"));
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_EQ(crm.record("s.1.m0")->contact, "c77");
}

TEST(ExchangeTest, DoNotLookUpWhatWasNeverSent) {
  FakeCrm crm;
  static_cast<void>(delivered_to(crm, design_of(looking_up(Idempotency::lookup_after_unknown)), task_of({1})));
  EXPECT_THAT(crm.log, ElementsAre("/contact/create s.1", "/activity/create s.1.m0"));
}

TEST(ExchangeTest, CreateAfterALostAnswerOnlyWhatIsNotThere) {
  FakeCrm crm;
  crm.records.push_back({"contact", "s.1", "c77", "N1", ""});
  crm.records.push_back({"activity", "s.1.m0", "a77", "hello", "c77"});
  const auto design = design_of(looking_up(Idempotency::lookup_after_unknown));
  auto task = task_of({1, 2});
  task.unsure = true;
  auto result = delivered_to(crm, design, task);
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, unknown)) << "it may still arrive";
  EXPECT_EQ(crm.records.size(), 2U);
  EXPECT_EQ(result.answer.messages[0].remote_id, "a77");
  task.absent = {result.absent.begin(), result.absent.end()};
  result = delivered_to(crm, design, task);
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_EQ(crm.records.size(), 4U);
  EXPECT_EQ(result.answer.messages[0].remote_id, "a77");
}

TEST(ExchangeTest, SendNothingForWhatALookUpCannotTell) {
  FakeCrm crm;
  crm.more = true;
  auto task = task_of({1});
  task.unsure = true;
  const auto result = delivered_to(crm, design_of(looking_up(Idempotency::lookup_after_unknown)), std::move(task));
  EXPECT_THAT(verdicts(result), ElementsAre(unknown));
  EXPECT_THAT(crm.records, IsEmpty());
}

// A message that is sent again alone is not searched for. So a message that may exist must not be sent alone.
TEST(ExchangeTest, KeepUncertainWhatMayBeThereWhenItsContactIsRefusedForNow) {
  FakeCrm crm;
  crm.codes["s.1"] = "LOCKED";
  auto task = task_of({1});
  task.unsure = true;
  const auto result = delivered_to(crm, design_of(looking_up(Idempotency::lookup_after_unknown)), std::move(task));
  EXPECT_THAT(verdicts(result), ElementsAre(unknown));
}

TEST(ExchangeTest, UpdateOnlyWhatWasThereBefore) {
  auto design = design_of(looking_up(Idempotency::client_id));
  FakeCrm crm;
  const auto first = delivered_to(crm, design, task_of({1}));
  EXPECT_THAT(crm.log, ElementsAre("/contact/insert s.1", "/activity/insert s.1.m0"));
  crm.log.clear();
  auto task = task_of({1});
  task.known = first.records;
  task.known.front().digest = "of other fields";
  static_cast<void>(delivered_to(crm, design, std::move(task)));
  // The activity exists, so its content may be older.
  EXPECT_THAT(crm.log, ElementsAre("/contact/update s.1", "/activity/insert s.1.m0", "/activity/update s.1.m0"));
}

TEST(ExchangeTest, SkipWhatWasConfirmedAndIsTheSame) {
  auto design = design_of({});
  design.preset.unit = design.work.unit = DeliveryUnit::day;
  FakeCrm crm;
  auto task = task_of({1});
  task.known = delivered_to(crm, design, task_of({1})).records;
  EXPECT_THAT(task.known, SizeIs(2));
  crm.log.clear();
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), ElementsAre(delivered));
  EXPECT_THAT(crm.log, IsEmpty());
  task.work.activities.front().digest = "of a longer text";
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), ElementsAre(delivered));
  EXPECT_THAT(crm.log, ElementsAre("/activity/upsert s.1.m0"));
}

TEST(ExchangeTest, LetActivitiesWaitForARefusedContactWithItsReason) {
  FakeCrm crm;
  crm.codes["s.2"] = "BAD_PHONE";
  const auto result = delivered_to(crm, design_of({}), task_of({1, 2, 3}));
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, retry, delivered));
  EXPECT_THAT(result.answer.messages[1].error, HasSubstr("BAD_PHONE"));
}

TEST(ExchangeTest, ConfirmARememberedContactAnewBeforeAnActivityIsRefusedForGood) {
  const auto design = design_of({});
  FakeCrm crm;
  std::vector<RemoteRecord> known = delivered_to(crm, design, task_of({1})).records;
  crm.codes["s.1.m0"] = "BAD";
  crm.log.clear();
  auto task = task_of({1});
  task.known = known;
  const auto first = delivered_to(crm, design, task);
  EXPECT_THAT(verdicts(first), ElementsAre(retry));
  EXPECT_THAT(crm.log, ElementsAre("/activity/upsert s.1.m0"));
  rig::keep(known, first.records);
  task.known = known;
  crm.log.clear();
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), ElementsAre(rejected));
  EXPECT_THAT(crm.log, ElementsAre("/contact/upsert s.1", "/activity/upsert s.1.m0"));
}

TEST(ExchangeTest, LookForAForgottenContactBeforeTheyCreateItAgain) {
  const auto design = design_of(looking_up(Idempotency::lookup_after_unknown));
  FakeCrm crm;
  std::vector<RemoteRecord> known = delivered_to(crm, design, task_of({1})).records;
  crm.codes["s.1.m0"] = "BAD";
  auto task = task_of({1});
  task.known = known;
  rig::keep(known, delivered_to(crm, design, task).records);
  task.known = known;
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), ElementsAre(rejected));
  EXPECT_EQ(crm.count("s.1"), 1U);
}

TEST(ExchangeTest, ForgetNoContactThatNothingKeepsFromBeingMadeTwice) {
  Shape shape;
  shape.contacts = Idempotency::allow_duplicates;
  const auto design = design_of(shape);
  FakeCrm crm;
  auto task = task_of({1});
  task.known = delivered_to(crm, design, task_of({1})).records;
  crm.codes["s.1.m0"] = "BAD";
  const auto result = delivered_to(crm, design, task);
  EXPECT_THAT(verdicts(result), ElementsAre(rejected));
  EXPECT_THAT(result.records, IsEmpty());
  EXPECT_EQ(crm.count("s.1"), 1U);
}

TEST(ExchangeTest, TakeUpWhatWasCreatedAndNotFinished) {
  auto shape = looking_up(Idempotency::lookup_after_unknown);
  shape.link = true;
  const auto design = design_of(shape);
  FakeCrm crm;
  Exchange broken(design, task_of({1}));
  EXPECT_THAT(request_after(broken, crm, 2).step, "link");
  broken.on_failure(lost());
  EXPECT_EQ(broken.next(rig::secrets()), std::nullopt);
  const auto result = broken.result();
  EXPECT_THAT(verdicts(result), ElementsAre(unknown));
  ASSERT_THAT(result.records, SizeIs(2));
  EXPECT_EQ(result.records[1].key, "m0");
  EXPECT_EQ(result.records[1].remote_id, crm.record("s.1.m0")->id);
  EXPECT_THAT(result.records[1].digest, IsEmpty());
  crm.log.clear();
  auto task = task_of({1});
  task.known = result.records;
  task.unsure = true;
  EXPECT_THAT(verdicts(delivered_to(crm, design, task)), ElementsAre(delivered));
  EXPECT_THAT(crm.log, Each(Not(HasSubstr("create"))));
  EXPECT_THAT(crm.log, Contains("/activity/link s.1.m0"));
}

TEST(ExchangeTest, LeaveDoneWhatWasDoneWhenTroubleComes) {
  struct {
    HttpResponse answer;
    Verdict of_batch;
    Verdict of_chunk;
  } const troubles[] = {{{429, {{"Retry-After", "7"}}, ""}, Verdict::throttled, not_sent},
                        {{403, {}, ""}, Verdict::misconfigured, not_sent}};
  Shape shape;
  shape.activities_max = 1;
  for (const auto& trouble : troubles) {
    FakeCrm crm;
    const auto design = design_of(shape);
    Exchange exchange(design, task_of({1, 2, 3}));
    static_cast<void>(request_after(exchange, crm, 2));
    EXPECT_TRUE(exchange.on_answer(parse(trouble.answer), {}));
    while (const auto request = exchange.next(rig::secrets())) {
      EXPECT_TRUE(exchange.on_answer(parse(crm.answer(*request)), {}));
    }
    const auto result = exchange.result();
    const std::string shown = std::to_string(trouble.answer.status) + trouble.answer.body;
    EXPECT_EQ(verdicts(result)[0], delivered) << shown;
    EXPECT_EQ(verdicts(result)[1], trouble.of_chunk) << shown;
    EXPECT_EQ(result.answer.whole, trouble.of_batch) << shown;
    EXPECT_EQ(verdicts(result)[2], not_sent) << shown;
  }
}

// Answers the requests, those of `step` that name `culprit` with `response`, or not at all.
ExchangeResult with_culprit(const SinkDesign& design, Exchange::Task task, FakeCrm& crm, const std::string& step,
                            const std::string& culprit, const std::optional<HttpResponse>& response) {
  Exchange exchange(design, std::move(task));
  while (const auto request = exchange.next(rig::secrets())) {
    const bool hit = request->step == step && request->request.body.find(culprit) != std::string::npos;
    if (hit && !response) {
      exchange.on_failure(lost());
    } else {
      EXPECT_TRUE(exchange.on_answer(parse(hit ? *response : crm.answer(*request)), {}));
    }
  }
  return exchange.result();
}

TEST(ExchangeTest, GoOnWithTheOthersWhenOneRequestFails) {
  struct {
    std::optional<HttpResponse> response;
    Verdict verdict;
  } const troubles[] = {{HttpResponse{503, {}, "<html>"}, retry},
                        {HttpResponse{500, {}, "<html>"}, unknown},
                        {HttpResponse{200, {}, "null"}, unknown},
                        {std::nullopt, unknown}};
  Shape shape;
  shape.activities_max = 1;
  for (const auto& trouble : troubles) {
    FakeCrm crm;
    const auto design = design_of(shape);
    const auto result = with_culprit(design, task_of({1, 2, 3}), crm, "write-activity", "s.2.m1", trouble.response);
    EXPECT_THAT(verdicts(result), ElementsAre(delivered, trouble.verdict, delivered));
    EXPECT_EQ(result.answer.whole, std::nullopt);
    EXPECT_EQ(result.answer.may_arrive, !trouble.response.has_value());
  }
}

TEST(ExchangeTest, EndAtTheSecondFailureInARow) {
  FakeCrm crm;
  Shape shape;
  shape.activities_max = 1;
  const auto design = design_of(shape);
  const auto result = with_culprit(design, task_of({1, 2, 3}), crm, "write-activity", "s.", HttpResponse{503, {}, ""});
  EXPECT_EQ(result.answer.whole, retry);
  EXPECT_THAT(verdicts(result), Each(not_sent));
  EXPECT_TRUE(result.answer.messages[0].suspect);
  EXPECT_TRUE(result.answer.messages[1].suspect);
  EXPECT_FALSE(result.answer.messages[2].suspect);
}

TEST(ExchangeTest, LookOnlyThatUpAgainWhoseAnswerWasLost) {
  FakeCrm crm;
  auto shape = looking_up(Idempotency::lookup_before_create);
  const auto design = design_of(shape);
  Exchange exchange(design, task_of({1, 2}));
  bool lost_once = false;
  while (const auto request = exchange.next(rig::secrets())) {
    if (!lost_once) {
      lost_once = true;
      exchange.on_failure(lost());
    } else {
      EXPECT_TRUE(exchange.on_answer(parse(crm.answer(*request)), {}));
    }
  }
  const auto result = exchange.result();
  EXPECT_THAT(verdicts(result), Each(delivered));
  EXPECT_FALSE(result.answer.may_arrive);
}

TEST(ExchangeTest, SayWhichMessagesALookUpHasSettled) {
  FakeCrm crm;
  const auto design = design_of(looking_up(Idempotency::lookup_after_unknown));
  auto task = task_of({1});
  task.unsure = true;
  const auto first = delivered_to(crm, design, task);
  EXPECT_THAT(verdicts(first), ElementsAre(unknown));
  EXPECT_THAT(first.absent, SizeIs(1));
  EXPECT_THAT(crm.records, IsEmpty());
}

TEST(ExchangeTest, TellRefusalsByTheStatusAlone) {
  FakeCrm crm;
  Shape shape;
  shape.activities_max = 1;
  const auto design = design_of(shape);
  const auto result = with_culprit(design, task_of({1, 2}), crm, "write-activity", "s.2.m1", HttpResponse{404, {}, ""});
  EXPECT_THAT(verdicts(result), ElementsAre(delivered, rejected));
  EXPECT_TRUE(result.answer.messages[1].by_status);
}

TEST(ExchangeTest, ObeyTheWaitThatAnAnswerAsksFor) {
  const auto design = design_of({});
  Exchange exchange(design, task_of({1}));
  static_cast<void>(exchange.next(rig::secrets()));
  EXPECT_TRUE(exchange.on_answer(parse({429, {{"Retry-After", "7"}}, ""}), {}));
  EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
  EXPECT_EQ(exchange.result().answer.retry_after, std::chrono::seconds(7));
}

TEST(ExchangeTest, SendTheSameAgainWithANewTokenOrEnd) {
  FakeCrm crm;
  const auto design = design_of({});
  Exchange exchange(design, task_of({1, 2}));
  const CrmRequest first = request_after(exchange, crm, 1);
  EXPECT_FALSE(exchange.on_answer(parse({401, {}, "{}"}), {}));
  CredentialValues fresh = rig::secrets();
  fresh.secrets.as_object()["token"] = "fresh";
  const auto again = exchange.next(fresh);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->request.body, first.request.body);
  EXPECT_EQ(again->request.headers.front().value, "Bearer fresh");
  EXPECT_FALSE(exchange.on_answer(parse({401, {}, "{}"}), {}));
  exchange.refuse_credential("the token is refused");
  EXPECT_EQ(exchange.next(fresh), std::nullopt);
  const auto result = exchange.result();
  EXPECT_EQ(result.answer.whole, Verdict::unauthorized);
  EXPECT_THAT(verdicts(result), Each(not_sent));
}

TEST(ExchangeTest, LeaveAllUnsentWithoutAToken) {
  const auto design = design_of({});
  Exchange exchange(design, task_of({1, 2}));
  exchange.give_up(Verdict::throttled, "the token endpoint is busy", std::chrono::minutes(5));
  const auto result = exchange.result();
  EXPECT_EQ(result.answer.whole, Verdict::throttled);
  EXPECT_EQ(result.answer.retry_after, std::chrono::minutes(5));
  EXPECT_THAT(verdicts(result), ElementsAre(not_sent, not_sent));
}

TEST(ExchangeTest, TellApartWhatWasLostAndWhatNeverLeft) {
  for (const bool answer_lost : {false, true}) {
    const auto design = design_of({});
    Exchange exchange(design, task_of({1}));
    static_cast<void>(exchange.next(rig::secrets()));
    Failure failure = lost();
    failure.answer_lost = answer_lost;
    exchange.on_failure(failure);
    EXPECT_EQ(exchange.next(rig::secrets()), std::nullopt);
    const auto result = exchange.result();
    EXPECT_THAT(verdicts(result), ElementsAre(answer_lost ? unknown : not_sent));
    EXPECT_EQ(result.answer.whole, Verdict::retry);
  }
}

TEST(ExchangeTest, SendNothingLaterOfAUserBehindWhatWasNotDone) {
  Shape shape;
  shape.activities_max = 2;
  FakeCrm crm;
  crm.codes["s.1.m0"] = "LOCKED";
  const auto result = delivered_to(crm, design_of(shape), task_of({1, 2, 2, 1, 1}));
  EXPECT_THAT(verdicts(result), ElementsAre(retry, delivered, delivered, not_sent, not_sent));
  EXPECT_EQ(crm.count("s.1.m3") + crm.count("s.1.m4"), 0U);
}

TEST(ExchangeTest, GoOnBehindWhatIsRefusedForGood) {
  Shape shape;
  shape.activities_max = 1;
  FakeCrm crm;
  crm.codes["s.1.m0"] = "BAD";
  EXPECT_THAT(verdicts(delivered_to(crm, design_of(shape), task_of({1, 1}))), ElementsAre(rejected, delivered));
}

}  // namespace
}  // namespace elit::crm
