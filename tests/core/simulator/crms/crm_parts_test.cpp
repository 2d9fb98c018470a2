#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/simulator/crms/access_tokens.hpp"
#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/record_table.hpp"
#include "tests/core/simulator/crms/crm_calls.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr Instant start = from_ms(1'769'850'000'000);

class RecordTableTest : public testing::Test {
 protected:
  std::vector<CrmRecord> records_;
  RecordTable table_{records_};
};

TEST_F(RecordTableTest, KeepsOneRecordOfAKeyAndReplacesItsProperties) {
  table_.begin(start, Milliseconds{0});
  const RecordTable::Written first = table_.upsert("notes", "k", {{"a", "1"}, {"b", "1"}});
  const RecordTable::Written second = table_.upsert("notes", "k", {{"b", "2"}}, {"c1"});
  EXPECT_TRUE(first.created);
  EXPECT_FALSE(second.created);
  EXPECT_EQ(first.id, second.id);
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(json::value(records_[0].properties), json::value({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(records_[0].writes, 2);
  EXPECT_TRUE(records_[0].linked.contains("c1"));
}

TEST_F(RecordTableTest, TellsKeysOfDifferentObjectsApart) {
  table_.begin(start, Milliseconds{0});
  EXPECT_NE(table_.upsert("notes", "k", {}).id, table_.upsert("calls", "k", {}).id);
  EXPECT_EQ(table_.all("notes").size(), 1U);
}

TEST_F(RecordTableTest, CreatesWithoutLookingAndUpdatesOnlyWhatIsThere) {
  table_.begin(start, Milliseconds{0});
  const std::string id = table_.create("notes", {{"a", "1"}});
  EXPECT_NE(table_.create("notes", {{"a", "1"}}), id);
  EXPECT_TRUE(table_.update("notes", id, {{"a", "2"}}, {}, "late key"));
  EXPECT_FALSE(table_.update("notes", "none", {}));
  ASSERT_NE(table_.find_key("notes", "late key"), nullptr);
  EXPECT_EQ(table_.find_key("notes", "late key")->id, id);
}

TEST_F(RecordTableTest, LinksWithoutCountingAWrite) {
  table_.begin(start, Milliseconds{0});
  const std::string id = table_.create("notes", {});
  EXPECT_TRUE(table_.link("notes", id, "c1"));
  EXPECT_FALSE(table_.link("notes", "none", "c1"));
  EXPECT_EQ(records_[0].writes, 1);
  EXPECT_TRUE(records_[0].linked.contains("c1"));
}

TEST_F(RecordTableTest, LetsASlowWriteTakeEffectAtItsInstant) {
  table_.begin(start, Milliseconds{500});
  const std::string id = table_.upsert("notes", "k", {}).id;
  EXPECT_EQ(table_.answer_delay(), Milliseconds{500});
  EXPECT_FALSE(table_.being_written("notes", "k"));
  table_.begin(start + Milliseconds{499}, Milliseconds{0});
  EXPECT_EQ(table_.find_key("notes", "k"), nullptr);
  EXPECT_TRUE(table_.being_written("notes", "k"));
  EXPECT_TRUE(table_.being_written("notes", id));
  table_.settle(start + Milliseconds{500});
  ASSERT_NE(table_.find_key("notes", "k"), nullptr);
  EXPECT_EQ(table_.find_key("notes", "k")->created, start + Milliseconds{500});
  EXPECT_FALSE(table_.being_written("notes", "k"));
  EXPECT_EQ(table_.answer_delay(), Milliseconds{0});
}

TEST_F(RecordTableTest, LetsAQuickWriteOvertakeASlowOneOfTheSameKey) {
  table_.begin(start, Milliseconds{500});
  const std::string id = table_.upsert("notes", "k", {{"a", "slow"}}).id;
  table_.begin(start + Milliseconds{100}, Milliseconds{0});
  const RecordTable::Written quick = table_.upsert("notes", "k", {{"a", "quick"}});
  EXPECT_TRUE(quick.created);
  EXPECT_EQ(quick.id, id);
  table_.settle(start + Milliseconds{500});
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].properties.at("a"), "slow");
}

class AccessTokensTest : public testing::Test {
 protected:
  Grant refresh(const std::string& token = std::string(vendor_refresh_token)) {
    return tokens_.grant(parse_target("?" + refresh_form(token)));
  }
  void at_second(int second) { tokens_.begin(faults_, std::chrono::seconds{second}); }

  SimulatedCrmFaults faults_;
  AccessTokens tokens_;
};

TEST_F(AccessTokensTest, GivesTokensToTheRightClientOnly) {
  const std::string client = "client_id=sample-client&client_secret=sample-client-secret";
  EXPECT_EQ(tokens_.grant(parse_target("?grant_type=client_credentials&" + client)).mistake, GrantMistake::none);
  EXPECT_EQ(tokens_.grant(parse_target("?grant_type=password&" + client)).mistake,
            GrantMistake::unsupported_grant_type);
  EXPECT_EQ(tokens_.grant(parse_target("?grant_type=client_credentials&client_id=sample-client")).mistake,
            GrantMistake::invalid_client);
  EXPECT_EQ(refresh("other").mistake, GrantMistake::invalid_grant);
  EXPECT_EQ(tokens_.standing("sample-access-token-2"), TokenStanding::unknown);
}

TEST_F(AccessTokensTest, LetsTokensExpireAfterTheSetLife) {
  tokens_.set_life(std::chrono::hours{1});
  faults_.token_life_s = 10;
  at_second(5);
  const Grant grant = refresh();
  EXPECT_EQ(grant.life, std::chrono::seconds{10});
  at_second(14);
  EXPECT_EQ(tokens_.standing(grant.access_token), TokenStanding::good);
  at_second(15);
  EXPECT_EQ(tokens_.standing(grant.access_token), TokenStanding::expired);
}

TEST_F(AccessTokensTest, RevokesWhatWasGivenBeforeTheSwitchAndNothingLater) {
  const Grant before = refresh();
  faults_.tokens_revoked.on = true;
  at_second(1);
  const Grant after = refresh();
  at_second(2);
  EXPECT_EQ(tokens_.standing(before.access_token), TokenStanding::revoked);
  EXPECT_EQ(tokens_.standing(after.access_token), TokenStanding::good);
}

TEST_F(AccessTokensTest, RevokesAtTheInstantOfASpanEvenIfNoRequestComesInIt) {
  at_second(5);
  const Grant before = refresh();
  faults_.tokens_revoked = *parse_toggle("10..11");
  at_second(9);
  EXPECT_EQ(tokens_.standing(before.access_token), TokenStanding::good);
  at_second(12);
  const Grant after = refresh();
  at_second(13);
  EXPECT_EQ(tokens_.standing(before.access_token), TokenStanding::revoked);
  EXPECT_EQ(tokens_.standing(after.access_token), TokenStanding::good);
}

TEST_F(AccessTokensTest, KeepsTheOldRefreshTokenUntilTheNewOneIsUsed) {
  faults_.rotate_refresh_tokens = true;
  at_second(0);
  const Grant first = refresh();
  EXPECT_TRUE(first.rotated);
  EXPECT_EQ(refresh().mistake, GrantMistake::none);
  EXPECT_EQ(refresh(first.refresh_token).mistake, GrantMistake::none);
  EXPECT_EQ(refresh().mistake, GrantMistake::invalid_grant);
}

TEST_F(AccessTokensTest, KillsTheOldRefreshTokenAtOnceWhenSetSo) {
  faults_.rotate_refresh_tokens = true;
  faults_.old_refresh_token_dies = true;
  at_second(0);
  const Grant first = refresh();
  EXPECT_EQ(refresh().mistake, GrantMistake::invalid_grant);
  EXPECT_EQ(refresh(first.refresh_token).mistake, GrantMistake::none);
}

TEST(BatchResultsTest, LeavesOutEachNthAndMovesAllOthers) {
  SimulatedCrmFaults faults;
  faults.unmentioned_every = 3;
  const json::array list = json::parse("[1,2,3,4,5,6,7]").as_array();
  EXPECT_EQ(mentioned(list, faults), json::parse("[1,2,4,5,7]").as_array());
  faults.shuffled = true;
  Random random(1);
  const json::array moved = shuffled(list, faults, random);
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_NE(moved[i], list[i]);
  }
}

TEST(BatchResultsTest, FindsATextHoweverDeep) {
  const json::value value = json::parse(R"({"a":[{"b":"xyz"}]})");
  EXPECT_TRUE(holds_text(value, "y"));
  EXPECT_FALSE(holds_text(value, "b"));
  EXPECT_FALSE(holds_text(value, ""));
}

TEST(CrmFaultsTest, HaveEachKeyOnceAndShowWhatIsSet) {
  std::set<std::string> keys;
  SimulatedCrmFaults faults;
  for (const Setting<SimulatedCrmFaults>& row : simulated_crm_fault_settings()) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
  }
  EXPECT_EQ(apply(simulated_crm_fault_settings(), faults, "tokens_revoked", "20..35"), std::nullopt);
  EXPECT_EQ(apply(simulated_crm_fault_settings(), faults, "lost_answers", "0.5"), std::nullopt);
  EXPECT_EQ(faults.lost_answers, 0.5);
  EXPECT_TRUE(faults.tokens_revoked.active(std::chrono::seconds{20}));
}

TEST(JsonBodyTest, CountsUtf16Units) {
  EXPECT_EQ(utf16_length("aé€😀"), 5U);
}

}  // namespace
}  // namespace elit::simulator
