#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crms/rig.hpp"

namespace elit::crm::rig {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

// Over JSON-RPC and over JSON-2.
class OdooPresetTest : public testing::TestWithParam<const char*> {
 protected:
  static SinkSetup setup(DeliveryUnit unit = DeliveryUnit::message) { return setup_of(GetParam(), unit); }
};

TEST_P(OdooPresetTest, WritesEachMessageOnceIntoTheChatterOfItsContact) {
  Rig rig(setup());
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other"), message(1, 2, "again", Direction::out)}))
      << rig.latest().reason;
  EXPECT_THAT(rig.texts("res.partner", "name"), ElementsAre(name_of(1), name_of(2)));
  EXPECT_THAT(rig.texts("res.partner", "phone"), ElementsAre(phone_of(1), phone_of(2)));
  EXPECT_THAT(rig.texts("mail.message", "body"), ElementsAre("Customer: hello", "Customer: other", "Bot: again"));
  EXPECT_THAT(rig.texts("mail.message", "date"),
              ElementsAre("2026-01-31 08:01:00", "2026-01-31 08:01:00", "2026-01-31 08:02:00"));
  const auto records = rig.records("mail.message");
  EXPECT_EQ(records.at(0)->linked, records.at(2)->linked);
  EXPECT_NE(records.at(0)->linked, records.at(1)->linked);
  EXPECT_EQ(rig.texts("mail.message", "author_id").at(0), *records.at(0)->linked.begin());
  EXPECT_NE(rig.texts("mail.message", "author_id").at(2), *records.at(0)->linked.begin());
  EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
}

TEST_P(OdooPresetTest, WritesContactsWithAndWithoutFieldsApart) {
  Rig rig(setup());
  OutgoingMessage nameless = message(2, 1, "b");
  nameless.user_element = "{}";
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), nameless, message(3, 1, "c")})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("res.partner", "name"), testing::UnorderedElementsAre(name_of(1), "bot.u2", name_of(3)));
  EXPECT_EQ(rig.sent_by("contacts").size(), 2U);
}

TEST_P(OdooPresetTest, KeepsValuesThatAreThereWhereAskedToAlsoAfterALostState) {
  SinkSetup sparing = setup();
  sparing.fields["name"] = {"name", Text::parse("${contact.name}").value(), true};
  sparing.fields["phone"] = {"phone", Text::parse("${contact.phone | e164}").value(), true};
  Rig rig(sparing);
  OutgoingMessage first = message(1, 1, "a");
  first.user_element = R"({"name":"Asha Rao"})";
  ASSERT_TRUE(rig.deliver({first})) << rig.latest().reason;
  for (int number = 2; number <= 4; ++number) {
    OutgoingMessage later = message(1, number, "later");
    later.user_element = number == 3 ? R"({"phone":"+917810000001"})" : R"({"name":"Asha Iyer"})";
    if (number == 4) {
      rig.lose_state();
    }
    ASSERT_TRUE(rig.deliver({later})) << rig.latest().reason;
    EXPECT_THAT(rig.texts("res.partner", "name"), ElementsAre("Asha Rao"));
  }
  EXPECT_THAT(rig.texts("res.partner", "phone"), ElementsAre("+917810000001"));
  EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
}

TEST_P(OdooPresetTest, EscapesWhatCustomersWriteAndEncodesTheirKeys) {
  Rig rig(setup());
  OutgoingMessage strange = message(1, 1, nasty_text());
  strange.user_id = "a b/ü";
  ASSERT_TRUE(rig.deliver({strange})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("mail.message", "body").at(0),
              AllOf(HasSubstr("a &lt; b &amp;&amp;"), HasSubstr("<br>line two<br>")));
  EXPECT_EQ(rig.records("res.partner").at(0)->key, "elit.contact_bot.2ea.20b.2f.c3.bc");
}

TEST_P(OdooPresetTest, AddsNothingAfterLostAnswersAndALostState) {
  Rig rig(setup());
  rig.wire = [](const CrmRequest&, int number) { return number % 2 == 0 ? Wire::lost_answer : Wire::whole; };
  const std::vector<OutgoingMessage> batch{message(1, 1, "a"), message(1, 2, "b"), message(2, 1, "c")};
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  EXPECT_EQ(rig.records("mail.message").size(), 3U);
  rig.wire = nullptr;
  rig.lose_state();
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  EXPECT_EQ(rig.records("mail.message").size(), 3U);
  EXPECT_EQ(rig.records("res.partner").size(), 2U);
  for (const auto* record : rig.records("mail.message")) {
    EXPECT_EQ(record->writes, 1);
  }
}

TEST_P(OdooPresetTest, RewritesADayInPlaceWhileItGrows) {
  Rig rig(setup(DeliveryUnit::day));
  ASSERT_TRUE(rig.deliver({message(1, 1, "first")})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({message(1, 2, "second"), message(2, 2, "other")})) << rig.latest().reason;
  const auto texts = rig.texts("mail.message", "body");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_THAT(texts.at(0), HasSubstr("08:01:00 Customer: first<br>08:02:00 Customer: second"));
  rig.lose_state();
  ASSERT_TRUE(rig.deliver({message(1, 1, "first"), message(1, 2, "second"), message(1, 3, "third")}));
  EXPECT_EQ(rig.records("mail.message").size(), 2U);
  EXPECT_THAT(rig.texts("mail.message", "body").at(0), HasSubstr("third"));
}

TEST_P(OdooPresetTest, RefusesOneMessageOfManyAndWritesItsNeighbours) {
  Rig rig(setup());
  rig.vendor().faults().refused_text = "poison";
  std::vector<OutgoingMessage> batch;
  for (DeliveryUserId user = 1; user <= 20; ++user) {
    batch.push_back(message(user, 1, user == 13 ? "poison" : "fine"));
  }
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  EXPECT_THAT(rig.texts("mail.message", "body"), AllOf(testing::SizeIs(19), Each("Customer: fine")));
  ASSERT_EQ(rig.refused().size(), 1U);
  EXPECT_EQ(rig.refused().begin()->first, batch[12].key);
  EXPECT_THAT(rig.refused().begin()->second, HasSubstr("refused on request"));
}

TEST_P(OdooPresetTest, WaitsWhileTheFirstAttemptIsStillRunning) {
  Rig rig(setup());
  rig.vendor().faults().slow_commit_s = 90;
  bool lost = false;
  rig.wire = [&lost](const CrmRequest& request, int) {
    return request.step == "messages" && !std::exchange(lost, true) ? Wire::lost_answer : Wire::whole;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), message(2, 1, "b")})) << rig.latest().reason;
  EXPECT_EQ(rig.records("mail.message").size(), 2U);
  EXPECT_TRUE(rig.refused().empty());
  // Nobody took it for the refusal of a contact that is gone.
  EXPECT_EQ(rig.sent_by("contacts").size(), 1U);
}

TEST_P(OdooPresetTest, TellsAWrongKeyAMissingRightAndAMissingDatabaseApart) {
  SinkSetup wrong = setup();
  wrong.secrets["api_key"] = "wrong";
  EXPECT_EQ(Rig(wrong).attempt({message(1, 1, "a")}).answer.whole, Verdict::unauthorized);
  Rig forbidden(setup());
  forbidden.vendor().faults().forbidden.on = true;
  const ExchangeResult result = forbidden.attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("Contact Creation"));
  SinkSetup elsewhere = setup();
  elsewhere.settings["database"] = "other";
  const ExchangeResult other = Rig(elsewhere).attempt({message(1, 1, "a")});
  EXPECT_EQ(other.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(other.answer.detail, HasSubstr("database"));
  SinkSetup field = setup();
  field.fields["shoe_size"] = {"shoe_size", Text("43"), false};
  const ExchangeResult unknown = Rig(field).attempt({message(1, 1, "a")});
  EXPECT_EQ(unknown.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(unknown.answer.detail, HasSubstr("mapped"));
}

INSTANTIATE_TEST_SUITE_P(, OdooPresetTest, testing::Values("odoo", "odoo-json2"),
                         [](const auto& of) { return std::string(of.param) == "odoo" ? "OverJsonRpc" : "OverJson2"; });

}  // namespace
}  // namespace elit::crm::rig
