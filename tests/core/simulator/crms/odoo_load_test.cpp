#include <gmock/gmock.h>

#include "tests/core/simulator/crms/odoo_calls.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class OdooLoadTest : public OdooOfTests {};

TEST_F(OdooLoadTest, UpsertsByExternalId) {
  const json::object first = load_partners({"a", "b"});
  EXPECT_EQ(first.at("nextrow").as_int64(), 0);
  EXPECT_TRUE(first.at("messages").as_array().empty());
  const json::object second = load("res.partner", {"id", "name", "phone"}, {json::array{"elit.user_b", "Bina", "+91"}});
  EXPECT_EQ(first.at("ids").as_array().at(1), second.at("ids").as_array().at(0));
  ASSERT_EQ(odoo_.records().size(), 2U);
  EXPECT_EQ(odoo_.records()[1].properties.at("name").as_string(), "Bina");
  EXPECT_EQ(odoo_.records()[1].writes, 2);
  EXPECT_EQ(odoo_.records()[1].key, "elit.user_b");
}

TEST_F(OdooLoadTest, CreatesARecordWithoutExternalIdOnEveryCall) {
  EXPECT_EQ(load("res.partner", {"name"}, {json::array{"Asha"}}).at("ids").as_array().size(), 1U);
  EXPECT_EQ(load("res.partner", {"name"}, {json::array{"Asha"}}).at("ids").as_array().size(), 1U);
  EXPECT_TRUE(load("res.partner", {"name"}, {json::array{"Asha"}}, replay_context()).at("ids").as_array().empty());
  EXPECT_EQ(odoo_.records().size(), 2U);
}

TEST_F(OdooLoadTest, WritesAllRowsOrNone) {
  const json::object said =
      load("res.partner", {"id", "name"},
           {json::array{"elit.a", "Asha"}, json::array{"elit.b", ""}, json::array{"elit.c", "C"}});
  EXPECT_FALSE(said.at("ids").as_bool());
  ASSERT_EQ(said.at("messages").as_array().size(), 1U);
  EXPECT_EQ(record(said, 0), 1);
  EXPECT_EQ(message(said, 0), "Contacts require a name");
  EXPECT_EQ(said.at("messages").as_array().at(0).at("type").as_string(), "error");
  EXPECT_TRUE(odoo_.records().empty());
}

TEST_F(OdooLoadTest, LinksMessagesToTheirContact) {
  const std::string contact = std::to_string(load_partners({"a"}).at("ids").as_array().at(0).as_int64());
  const json::object said = load_message("msg_1", contact, "<p>hi</p>", replay_context());
  ASSERT_TRUE(said.at("ids").is_array()) << json::serialize(said);
  EXPECT_EQ(odoo_.records().back().object, "mail.message");
  EXPECT_THAT(odoo_.records().back().linked, testing::ElementsAre(contact));
  EXPECT_EQ(odoo_.records().back().properties.at("subtype_id").as_int64(), 2);
}

TEST_F(OdooLoadTest, LeavesAReplayedMessageAloneInUpdateMode) {
  load_partners({"a"});
  const json::object first = load_message("msg_1", "1", "<p>hi</p>", replay_context());
  const json::object second = load_message("msg_1", "1", "<p>changed</p>", replay_context());
  EXPECT_EQ(first.at("ids"), second.at("ids"));
  EXPECT_EQ(odoo_.records().back().writes, 1);
  EXPECT_EQ(odoo_.records().back().properties.at("body").as_string(), "<p>hi</p>");
}

TEST_F(OdooLoadTest, LeavesReplayedMessagesAloneBehindManyNewOnes) {
  load_partners({"a"});
  const json::object first = load_message("msg_0", "1", "<p>hi</p>", replay_context());
  std::vector<json::array> rows;
  for (int i = 100; i >= 0; --i) {
    rows.push_back({"elit.msg_" + std::to_string(i), "res.partner", "1", "<p>new</p>"});
  }
  const json::object said = load("mail.message", {"id", "model", "res_id", "body"}, rows, replay_context());
  ASSERT_TRUE(said.at("ids").is_array()) << json::serialize(said);
  EXPECT_EQ(said.at("ids").as_array().back(), first.at("ids").as_array().front());
  EXPECT_EQ(odoo_.records().size(), 102U);
}

TEST_F(OdooLoadTest, RefusesAReplayedMessageWithoutUpdateMode) {
  load_partners({"a"});
  load_message("msg_1", "1", "<p>hi</p>", replay_context());
  const json::object said = load_message("msg_1", "1", "<p>hi</p>", {});
  EXPECT_FALSE(said.at("ids").as_bool());
  EXPECT_EQ(message(said, 0), "Only administrators can modify 'model' and 'res_id' fields.");
}

TEST_F(OdooLoadTest, RefusesAReplayOfAMessageThatWasMadeWithoutNoupdate) {
  load_partners({"a"});
  load_message("msg_1", "1", "<p>hi</p>", {});
  const json::object said = load_message("msg_1", "1", "<p>hi</p>", replay_context());
  EXPECT_EQ(message(said, 0), "Only administrators can modify 'model' and 'res_id' fields.");
}

TEST_F(OdooLoadTest, ReplacesABodyWithoutUpdateMode) {
  load_partners({"a"});
  load_message("msg_1", "1", "<p>hi</p>", replay_context());
  const json::object said = load("mail.message", {"id", "body"}, {json::array{"elit.msg_1", "<p>more</p>"}});
  EXPECT_TRUE(said.at("ids").is_array());
  EXPECT_EQ(odoo_.records().back().properties.at("body").as_string(), "<p>more</p>");
  EXPECT_EQ(odoo_.records().back().linked.size(), 1U);
}

TEST_F(OdooLoadTest, AppliesTheSameExternalIdTwiceInTurn) {
  const json::object said =
      load("res.partner", {"id", "name"}, {json::array{"elit.a", "Asha"}, json::array{"elit.a", "Bina"}});
  EXPECT_EQ(said.at("ids").as_array().at(0), said.at("ids").as_array().at(1));
  ASSERT_EQ(odoo_.records().size(), 1U);
  EXPECT_EQ(odoo_.records()[0].properties.at("name").as_string(), "Bina");
}

TEST_F(OdooLoadTest, TreatsTheSecondRowOfAMessageAsItsReplay) {
  load_partners({"a"});
  const json::array row{"elit.m", "res.partner", "1"};
  EXPECT_FALSE(load("mail.message", {"id", "model", "res_id"}, {row, row}).at("ids").is_array());
  EXPECT_TRUE(load("mail.message", {"id", "model", "res_id"}, {row, row}, replay_context()).at("ids").is_array());
  EXPECT_EQ(odoo_.records().back().writes, 1);
}

TEST_F(OdooLoadTest, RefusesExternalIdsWithABlankOrWithoutAModule) {
  for (const std::string id : {"elit.user a", "user_a", ".a", "elit."}) {
    const json::object said = load("res.partner", {"id", "name"}, {json::array{id, "Asha"}});
    EXPECT_FALSE(said.at("ids").as_bool()) << id;
  }
  EXPECT_TRUE(load("res.partner", {"id", "name"}, {json::array{"elit.user%20a", "Asha"}}).at("ids").is_array());
}

TEST_F(OdooLoadTest, RefusesAnExternalIdOfAnotherModel) {
  load_partners({"a"});
  const json::object said = load("crm.lead", {"id", "name"}, {json::array{"elit.user_a", "Lead"}});
  EXPECT_THAT(message(said, 0), HasSubstr("found record of different model res.partner"));
}

TEST_F(OdooLoadTest, RefersToRecordsByExternalIdIdAndName) {
  load_partners({"a"});
  for (const std::string column : {"partner_id/id", "partner_id/.id", "partner_id"}) {
    const std::string cell = column == "partner_id/id" ? "elit.user_a" : column == "partner_id/.id" ? "1" : "a";
    EXPECT_TRUE(load("crm.lead", {"name", column}, {json::array{"Lead", cell}}).at("ids").is_array()) << column;
    EXPECT_THAT(odoo_.records().back().linked, testing::ElementsAre("1"));
    const json::object said = load("crm.lead", {"name", column}, {json::array{"Lead", "elit.nobody"}});
    EXPECT_THAT(message(said, 0), HasSubstr("No matching record found for"));
    EXPECT_EQ(said.at("messages").as_array().at(0).at("field").as_string(), "partner_id");
  }
}

TEST_F(OdooLoadTest, ReadsDatesInOneFormOnly) {
  load_partners({"a"});
  for (const std::string date : {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02", "1769850000",
                                 "2026-01-02 03:04:05.000", "2026-13-02 03:04:05"}) {
    const json::object said = load("mail.message", {"id", "date"}, {json::array{"elit.m", date}});
    EXPECT_EQ(message(said, 0), "'" + date + "' does not seem to be a valid datetime for field 'Date'");
    EXPECT_EQ(said.at("messages").as_array().at(0).at("field").as_string(), "date");
  }
}

TEST_F(OdooLoadTest, ReadsDatesInTheTimeZoneOfTheUserUnlessTold) {
  const json::array row{"elit.m", "2026-01-02 03:04:05"};
  load("mail.message", {"id", "date"}, {row}, {{"tz", "UTC"}});
  EXPECT_EQ(odoo_.records().back().properties.at("date").as_string(), "2026-01-02 03:04:05");
  load("mail.message", {"id", "date"}, {row});
  EXPECT_EQ(odoo_.records().back().properties.at("date").as_string(), "2026-01-02 02:04:05");
}

TEST_F(OdooLoadTest, RefusesMessagesOnRecordsThatAreNotThere) {
  EXPECT_THAT(message(load_message("msg_1", "99", "<p>hi</p>", replay_context()), 0),
              HasSubstr("security restrictions"));
  EXPECT_THAT(message(load_message("msg_1", "x", "<p>hi</p>", replay_context()), 0), HasSubstr("an integer"));
}

TEST_F(OdooLoadTest, ListsTheReasonOfABusinessFailureAgainstTheFirstRecordToo) {
  odoo_.faults().refused_text = "bad";
  const json::object said = load_partners({"a", "b", "bad", "d"});
  EXPECT_FALSE(said.at("ids").as_bool());
  ASSERT_EQ(said.at("messages").as_array().size(), 2U);
  EXPECT_EQ(record(said, 0), 0);
  EXPECT_EQ(record(said, 1), 2);
  EXPECT_EQ(message(said, 0), message(said, 1));
  const json::object alone = load_partners({"bad", "d"});
  EXPECT_EQ(alone.at("messages").as_array().size(), 1U);
  EXPECT_TRUE(odoo_.records().empty());
}

TEST_F(OdooLoadTest, StopsLookingAfterTenFailures) {
  odoo_.faults().refused_text = "bad";
  const json::object said = load_partners(json::array(12, json::value("bad")));
  ASSERT_EQ(said.at("messages").as_array().size(), 11U);
  EXPECT_EQ(said.at("messages").as_array().back().at("type").as_string(), "warning");
}

TEST_F(OdooLoadTest, FailsTheRowsForAMissingRight) {
  odoo_.faults().forbidden.on = true;
  EXPECT_THAT(message(load_partners({"a"}), 0), HasSubstr("You are not allowed to create 'Contact' (res.partner)"));
}

TEST_F(OdooLoadTest, LosesTheRaceAgainstASlowCommitOfTheSameRecord) {
  odoo_.faults().slow_commit_s = 5;
  EXPECT_TRUE(load_partners({"a"}).at("ids").is_array());
  EXPECT_EQ(odoo_.answer_delay(), Milliseconds{5000});
  elapsed_ = Milliseconds{100};
  const json::object said = load_partners({"b", "a"});
  EXPECT_FALSE(said.at("ids").as_bool());
  ASSERT_EQ(said.at("messages").as_array().size(), 1U);
  EXPECT_EQ(record(said, 0), 1);
  EXPECT_THAT(message(said, 0), HasSubstr("could not serialize access"));
  elapsed_ = Milliseconds{5100};
  EXPECT_TRUE(load_partners({"b", "a"}).at("ids").is_array());
  odoo_.settle(start_of_odoo + Milliseconds{10'200}, Milliseconds{10'200});
  EXPECT_EQ(odoo_.records().size(), 2U);
}

TEST_F(OdooLoadTest, LocksWhatHoldsATextOrEverything) {
  odoo_.faults().locked_text = "busy";
  EXPECT_THAT(message(load_partners({"a", "busy"}), 0), HasSubstr("could not serialize access"));
  EXPECT_TRUE(load_partners({"a"}).at("ids").is_array());
  odoo_.faults().locked.on = true;
  EXPECT_THAT(message(load_partners({"a"}), 0), HasSubstr("could not serialize access"));
}

TEST_F(OdooLoadTest, MakesADeletedRecordAgain) {
  const json::value first = load_partners({"a"}).at("ids");
  EXPECT_TRUE(execute("res.partner", "unlink", {first}).at("result").as_bool());
  EXPECT_TRUE(execute("res.partner", "search_read", {}).at("result").as_array().empty());
  const json::value second = load_partners({"a"}).at("ids");
  EXPECT_NE(first, second);
  EXPECT_EQ(load_partners({"a"}).at("ids"), second);
  EXPECT_EQ(execute("res.partner", "search_read", {}).at("result").as_array().size(), 1U);
}

TEST_F(OdooLoadTest, LeavesIdsOutWhenAskedTo) {
  odoo_.faults().unmentioned_every = 2;
  EXPECT_EQ(load_partners({"a", "b", "c"}).at("ids").as_array().size(), 2U);
  EXPECT_EQ(odoo_.records().size(), 3U);
}

}  // namespace
}  // namespace elit::simulator
