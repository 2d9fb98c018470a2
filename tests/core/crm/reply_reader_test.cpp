#include "core/crm/reply_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "tests/core/crm/exchange_rig.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;
using rig::at;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr Instant now{std::chrono::seconds(1'769'817'600 + 3600)};  // 2026-01-31T01:00:00Z

class ReplyReaderTest : public testing::Test {
 protected:
  ReplyReaderTest() {
    step_ = rig::write_step({}, "activity", StepItem::activity, Idempotency::upsert, 100);
    preset_.item_verdicts = rig::design_of({}).preset.item_verdicts;
    with_items(3);
  }

  void with_items(int count) {
    values_.clear();
    items_.clear();
    for (int i = 0; i < count; ++i) {
      values_.emplace_back(json::object{{"key", "k" + std::to_string(i)}, {"id", "i" + std::to_string(i)}});
      Scope scope;
      scope.bind("activity", &values_.back());
      items_.push_back(scope);
    }
  }

  Reading read(int status, const std::string& body, std::vector<HttpHeader> headers = {}) {
    return read_reply(preset_, step_, parse({status, std::move(headers), body}), items_, now);
  }
  static std::vector<Verdict> verdicts(const Reading& reading) {
    std::vector<Verdict> all;
    for (const auto& item : reading.items) {
      all.push_back(item.verdict);
    }
    return all;
  }
  std::vector<Finding::State> found(int status, const std::string& body) {
    finding_ = read_find(preset_, find_, parse({status, {}, body}), items_, now);
    std::vector<Finding::State> states;
    for (const auto& item : finding_.items) {
      states.push_back(item.state);
    }
    return states;
  }

  Preset preset_;
  Step step_;
  Step find_ = rig::find_step("activity", StepItem::activity, Idempotency::lookup_before_create, 100);
  FindReading finding_;
  std::deque<json::value> values_;
  Items items_;
};

TEST_F(ReplyReaderTest, CallNothingDoneThatTheyDoNotNameAsDone) {
  for (const char* body : {"", "null", "[]", "{}", "<html>ok</html>", R"({"results":null})", R"({"results":{}})",
                           R"({"results":[]})", R"({"results":[{},null,3]})", R"({"results":[{"key":"","ok":true}]})",
                           R"({"results":[{"key":"k9","ok":true},{"key":null,"ok":true}]})", "[[[[", "\xff\xfe"}) {
    const Reading reading = read(200, body);
    EXPECT_EQ(reading.whole, std::nullopt) << body;
    ASSERT_THAT(reading.items, SizeIs(3)) << body;
    EXPECT_THAT(verdicts(reading), Each(Verdict::unknown)) << body;
  }
}

TEST_F(ReplyReaderTest, MatchByTheFirstKeyAndFallBackToTheSecond) {
  const Reading reading = read(
      200, R"({"results":[{"other_key":"k2","ok":true,"id":"r2"},{"key":"k0","other_key":"k1","ok":true,"id":"r0"}]})");
  EXPECT_THAT(verdicts(reading), ElementsAre(Verdict::delivered, Verdict::unknown, Verdict::delivered));
  EXPECT_EQ(reading.items[0].remote_id, "r0");
  EXPECT_EQ(reading.items[2].remote_id, "r2");
}

TEST_F(ReplyReaderTest, GoByPlaceOnlyInACompleteList) {
  step_.reply.keys.clear();
  EXPECT_THAT(verdicts(read(200, R"({"results":[{"ok":true},{"ok":false},{"ok":true}]})")),
              ElementsAre(Verdict::delivered, Verdict::rejected, Verdict::delivered));
  EXPECT_THAT(verdicts(read(200, R"({"results":[{"ok":true},{"ok":true}]})")), Each(Verdict::unknown));
  EXPECT_THAT(verdicts(read(200, R"({"results":[{"ok":true},{"ok":true},{"ok":true},{"ok":true}]})")),
              Each(Verdict::unknown));
}

TEST_F(ReplyReaderTest, TellTheErrorsBesideTheResultsEvenOnSuccess) {
  const Reading reading = read(200, R"({"results":[{"key":"k0","ok":true},{"key":"k1","ok":true}],
      "errors":[{"key":"k1","code":"LOCKED","message":"later"},{"key":"k2","code":"BAD","message":"never"}]})");
  EXPECT_THAT(verdicts(reading), ElementsAre(Verdict::delivered, Verdict::retry, Verdict::rejected));
  EXPECT_EQ(reading.items[2].code, "BAD");
  EXPECT_EQ(reading.items[2].error, "BAD: never");
}

TEST_F(ReplyReaderTest, CountTheWorseOfTwoWordsOnOneItem) {
  for (const char* body : {R"({"results":[{"key":"k0","ok":true},{"key":"k0","ok":false}]})",
                           R"({"results":[{"key":"k0","ok":false},{"key":"k0","ok":true}]})"}) {
    EXPECT_EQ(read(200, body).items[0].verdict, Verdict::rejected) << body;
  }
}

TEST_F(ReplyReaderTest, SendTheOthersAgainWhereAllIsRolledBack) {
  step_.reply.errors->atomic = true;
  const Reading bad = read(200, R"({"results":[],"errors":[{"key":"k1","code":"BAD"}]})");
  EXPECT_THAT(verdicts(bad), ElementsAre(Verdict::retry, Verdict::rejected, Verdict::retry));
  EXPECT_TRUE(bad.items[0].again && bad.items[2].again && !bad.items[1].again);
  const Reading locked = read(200, R"({"results":[],"errors":[{"key":"k1","code":"LOCKED"}]})");
  EXPECT_THAT(verdicts(locked), Each(Verdict::retry));
  EXPECT_FALSE(locked.items[0].again);
  EXPECT_EQ(read(200, R"({"results":[],"errors":[{"key":"nobody's"}]})").whole, Verdict::rejected_in_company);
}

TEST_F(ReplyReaderTest, TakeAnErrorByTheItemsPlace) {
  step_.reply.errors->index = at("/record");
  step_.reply.errors->atomic = true;
  const Reading reading = read(200, R"({"errors":[{"record":2,"code":"BAD"}]})");
  EXPECT_THAT(verdicts(reading), ElementsAre(Verdict::retry, Verdict::retry, Verdict::rejected));
  for (const char* record : {"3", "-1", "99999999999999999999", "\"x\"", "null", "{}"}) {
    EXPECT_EQ(read(200, R"({"errors":[{"record":)" + std::string(record) + "}]}").whole, Verdict::rejected_in_company)
        << record;
  }
}

TEST_F(ReplyReaderTest, SpeakOfTheOnlyItemWithTheirWholeBody) {
  with_items(1);
  step_.reply.has_list = false;
  step_.reply.success.clear();
  step_.reply.id = Locator{};
  EXPECT_EQ(read(200, "4711").items[0].remote_id, "4711");
  EXPECT_EQ(read(201, "\"abc\"").items[0].remote_id, "abc");
  step_.reply.id = Locator{"", "Location", Pattern("([^/]+)$")};
  const Reading reading = read(204, "", {{"location", "https://crm.example.com/notes/77"}});
  EXPECT_THAT(verdicts(reading), ElementsAre(Verdict::delivered));
  EXPECT_EQ(reading.items[0].remote_id, "77");
}

TEST_F(ReplyReaderTest, CannotSpeakOfSeveralItemsWithTheirWholeBody) {
  step_.reply.has_list = false;
  step_.reply.success.clear();
  EXPECT_THAT(verdicts(read(200, R"({"id":"1"})")), Each(Verdict::unknown));
}

TEST_F(ReplyReaderTest, AreNoGoodWhenAConditionFails) {
  Condition no_error;
  no_error.at = at("/error");
  no_error.present = false;
  step_.reply.conditions = {no_error};
  EXPECT_EQ(read(200, R"({"error":{"code":200}})").whole, Verdict::unknown);
  EXPECT_EQ(read(200, R"({"error":null,"results":[]})").whole, std::nullopt);
  VerdictRule denied = rig::on_code("DENIED", Verdict::misconfigured);
  denied.conditions.front().at = at("/error/name");
  preset_.verdicts = {denied};
  EXPECT_EQ(read(200, R"({"error":{"name":"DENIED"}})").whole, Verdict::misconfigured);
}

TEST_F(ReplyReaderTest, AreJudgedByTheStepThenThePresetThenTheCustom) {
  EXPECT_EQ(read(404, "").whole, Verdict::rejected_in_company);
  preset_.verdicts = {rig::on_status(404, Verdict::misconfigured)};
  EXPECT_EQ(read(404, "").whole, Verdict::misconfigured);
  step_.verdicts = {rig::on_status(404, Verdict::retry)};
  EXPECT_EQ(read(404, "").whole, Verdict::retry);
}

TEST_F(ReplyReaderTest, HaveACustomaryMeaningWhereNoRuleSpeaks) {
  const std::vector<std::pair<int, Verdict>> meanings = {
      {301, Verdict::misconfigured}, {307, Verdict::misconfigured}, {400, Verdict::rejected_in_company},
      {401, Verdict::unauthorized},  {403, Verdict::misconfigured}, {404, Verdict::rejected_in_company},
      {405, Verdict::misconfigured}, {408, Verdict::unknown},       {409, Verdict::rejected_in_company},
      {413, Verdict::too_large},     {415, Verdict::misconfigured}, {422, Verdict::rejected_in_company},
      {423, Verdict::retry},         {425, Verdict::retry},         {429, Verdict::throttled},
      {500, Verdict::unknown},       {502, Verdict::unknown},       {503, Verdict::retry},
      {504, Verdict::unknown},       {100, Verdict::unknown},       {599, Verdict::unknown}};
  for (const auto& [status, verdict] : meanings) {
    EXPECT_EQ(read(status, "<html>").whole, verdict) << status;
  }
  EXPECT_EQ(read(503, "", {{"Retry-After", "5"}}).whole, Verdict::throttled);
}

TEST_F(ReplyReaderTest, SayHowLongToWait) {
  EXPECT_EQ(read(429, "", {{"Retry-After", "7"}}).wait, std::chrono::seconds(7));
  EXPECT_EQ(read(429, "", {{"Retry-After", "Sat, 31 Jan 2026 01:01:00 GMT"}}).wait, std::chrono::minutes(1));
  EXPECT_EQ(read(429, "", {{"Retry-After", "soon"}}).wait, std::nullopt);
  VerdictRule daily = rig::on_status(429, Verdict::throttled);
  daily.wait_until_midnight = true;
  preset_.verdicts = {daily};
  EXPECT_EQ(read(429, "").wait, std::chrono::hours(23));
  VerdictRule told = rig::on_status(429, Verdict::throttled);
  told.wait_seconds = at("/seconds");
  told.wait = std::chrono::seconds(2);
  preset_.verdicts = {told};
  EXPECT_EQ(read(429, R"({"seconds":30})").wait, std::chrono::seconds(30));
  EXPECT_EQ(read(429, R"({"seconds":-1})").wait, std::chrono::seconds(2));
  EXPECT_EQ(read(429, R"({"seconds":"nan"})").wait, std::chrono::seconds(2));
}

TEST_F(ReplyReaderTest, NameTheRecordThatExists) {
  VerdictRule exists = rig::on_status(409, Verdict::exists);
  exists.id = Locator{"/message", "", Pattern("Existing ID: ([0-9]+)")};
  preset_.verdicts = {exists};
  const Reading reading = read(409, R"({"message":"Contact already exists. Existing ID: 501"})");
  EXPECT_EQ(reading.whole, Verdict::exists);
  EXPECT_EQ(reading.remote_id, "501");
}

TEST_F(ReplyReaderTest, KeepThePeersWordsOutOfTheDetail) {
  const Reading reading = read(400, R"({"message":"Asha +919812345678"})");
  EXPECT_THAT(reading.detail, Not(HasSubstr("Asha")));
  EXPECT_THAT(reading.reason, HasSubstr("Asha"));
  EXPECT_THAT(read(400, std::string(100'000, 'x')).reason.size(), testing::Lt(1000U));
}

TEST_F(ReplyReaderTest, SurviveNestingWithoutEnd) {
  EXPECT_THAT(verdicts(read(200, std::string(1'000'000, '['))), Each(Verdict::unknown));
}

TEST_F(ReplyReaderTest, TellWhatIsThereAndWhatIsNot) {
  constexpr auto there = Finding::State::found;
  constexpr auto absent = Finding::State::absent;
  constexpr auto unclear = Finding::State::unclear;
  EXPECT_THAT(found(200, R"({"found":[{"key":"k2","id":"r2"},{"key":"other","id":"r9"},{"key":"k0","id":7}]})"),
              ElementsAre(there, absent, there));
  EXPECT_EQ(finding_.items[0].remote_id, "7");
  EXPECT_THAT(found(200, R"({"found":[{"key":"k2","id":"r2"}],"more":"page2"})"), ElementsAre(unclear, unclear, there));
  for (const char* all : {"false", "null", "\"\""}) {
    EXPECT_THAT(found(200, R"({"found":[],"more":)" + std::string(all) + "}"), Each(absent)) << all;
  }
}

TEST_F(ReplyReaderTest, ThatCannotBeReadNeverMeanThatNothingIsThere) {
  for (const char* body :
       {"", "{}", "<html>", R"({"found":{}})", R"({"found":3})", R"({"error":"x"})", "[]", R"({"found":null})"}) {
    EXPECT_THAT(found(200, body), IsEmpty()) << body;
    EXPECT_EQ(finding_.whole, Verdict::unknown) << body;
  }
  found(500, R"({"found":[]})");
  EXPECT_EQ(finding_.whole, Verdict::unknown);
}

TEST_F(ReplyReaderTest, MeanThatNothingIsThereByNullOnlyWhereTheCrmSaysItSo) {
  find_.find.null_is_empty = true;
  EXPECT_THAT(found(200, R"({"found":null})"), Each(Finding::State::absent));
  EXPECT_THAT(found(200, "{}"), Each(Finding::State::absent));
  EXPECT_THAT(found(200, R"({"found":3})"), IsEmpty());
  find_.find.null_is_empty = false;
  find_.find.single = true;
  EXPECT_THAT(found(200, R"({"other":1})"), IsEmpty());
  EXPECT_EQ(finding_.whole, Verdict::unknown);
}

TEST_F(ReplyReaderTest, MeanThatNothingIsThereByTheStatusThatSaysSo) {
  found(404, "");
  EXPECT_EQ(finding_.whole, Verdict::rejected_in_company);
  find_.find.not_found_statuses = {{404, 404}};
  EXPECT_THAT(found(404, "<html>"), Each(Finding::State::absent));
  EXPECT_THAT(found(204, ""), Each(Finding::State::absent));
}

TEST_F(ReplyReaderTest, AskACandidateForEveryKeyAndText) {
  find_.find.keys.push_back({at("/owner"), Text("us")});
  find_.find.contains = {{at("/body"), rig::text("[${activity.key}]")}};
  EXPECT_THAT(
      found(200, R"({"found":[{"key":"k0","owner":"us","body":"x [k0] y"},{"key":"k1","owner":"them","body":"[k1]"},
                              {"key":"k2","owner":"us","body":"[k22]"}]})"),
      ElementsAre(Finding::State::found, Finding::State::absent, Finding::State::absent));
}

TEST(ReplyReaderTokenTest, GiveTheValuesAndKeepTheAnswerToThemselves) {
  Credential::TokenRequest request;
  request.values = {{"access_token", at("/access_token")}, {"expires_in", at("/expires_in")}, {"none", at("/none")}};
  const auto good = read_token(request, {200, {}, R"({"access_token":"t","expires_in":1800})"}, now);
  EXPECT_EQ(good.whole, std::nullopt);
  EXPECT_THAT(good.values,
              testing::UnorderedElementsAre(testing::Pair("access_token", "t"), testing::Pair("expires_in", "1800")));
  VerdictRule slow = rig::on_status(400, Verdict::throttled);
  slow.wait = std::chrono::minutes(5);
  request.verdicts = {slow};
  const auto bad = read_token(request, {400, {}, R"({"error":"Access Denied","you_sent":"s3cr3t"})"}, now);
  EXPECT_EQ(bad.whole, Verdict::throttled);
  EXPECT_EQ(bad.wait, std::chrono::minutes(5));
  EXPECT_THAT(bad.detail + bad.reason, Not(HasSubstr("s3cr3t")));
  EXPECT_NE(read_token(request, {200, {}, "<html>"}, now).whole, std::nullopt);
}

}  // namespace
}  // namespace elit::crm
