#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <algorithm>

#include "tests/crms/rig.hpp"

namespace elit::crm::rig {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* body_property = "hs_communication_body";

// Activities with unique values, or without.
class HubSpotPresetTest : public testing::TestWithParam<bool> {
 protected:
  static void prepare(Rig& rig) { rig.vendor().faults().unique_activities = GetParam(); }
  static void expect_linked_once(Rig& rig, const std::string& object, std::size_t count) {
    EXPECT_EQ(rig.records(object).size(), count);
    for (const auto* record : rig.records(object)) {
      EXPECT_EQ(record->linked.size(), 1U);
    }
    // The attempt to create a property with unique values.
    EXPECT_EQ(rig.vendor().counts().invalid_requests, GetParam() ? 0U : 1U);
  }
};

TEST_P(HubSpotPresetTest, WritesEachMessageOnceOnTheTimelineOfItsContact) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other"), message(1, 2, "again", Direction::out)}))
      << rig.latest().reason;
  EXPECT_THAT(rig.texts("contacts", "elit_user_id"), ElementsAre("bot.u1", "bot.u2"));
  EXPECT_THAT(rig.texts("contacts", "phone"), ElementsAre(phone_of(1), phone_of(2)));
  EXPECT_THAT(rig.texts("contacts", "lastname"), ElementsAre("Rao 1", "Rao 2"));
  EXPECT_THAT(rig.texts("communications", body_property),
              ElementsAre(StartsWith("Customer: hello"), StartsWith("Customer: other"), StartsWith("Bot: again")));
  EXPECT_THAT(rig.texts("communications", "hs_timestamp"), Each(StartsWith("2026-01-31T08:0")));
  const auto records = rig.records("communications");
  EXPECT_EQ(records.at(0)->linked, records.at(2)->linked);
  EXPECT_NE(records.at(0)->linked, records.at(1)->linked);
  EXPECT_EQ(records.at(0)->writes, 1);
}

TEST_P(HubSpotPresetTest, EscapesWhatCustomersWrite) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  ASSERT_TRUE(rig.deliver({message(1, 1, nasty_text())})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("communications", body_property).at(0),
              AllOf(HasSubstr("a &lt; b &amp;&amp;"), HasSubstr("<br>line two<br>"), HasSubstr("${contact.key}")));
}

TEST_P(HubSpotPresetTest, RewritesADayInPlaceWhileItGrows) {
  Rig rig(setup_of("hubspot", DeliveryUnit::day));
  prepare(rig);
  ASSERT_TRUE(rig.deliver({message(1, 1, "first")})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({message(1, 2, "second"), message(2, 2, "other")})) << rig.latest().reason;
  expect_linked_once(rig, "communications", 2);
  const auto texts = rig.texts("communications", body_property);
  EXPECT_THAT(texts.at(0), HasSubstr("08:01:00 Customer: first<br>08:02:00 Customer: second"));
  EXPECT_THAT(texts.at(1), HasSubstr("08:02:00 Customer: other"));
  EXPECT_EQ(rig.records("communications").at(0)->writes, 2);
  EXPECT_EQ(rig.records("contacts").at(0)->writes, 1);
}

TEST_P(HubSpotPresetTest, GrowsTheLastPartOfALongDay) {
  SinkSetup setup = setup_of("hubspot", DeliveryUnit::day);
  setup.text_limit = 500;
  Rig rig(setup);
  prepare(rig);
  for (int number = 1; number <= 8; ++number) {
    ASSERT_TRUE(rig.deliver({message(1, number, std::string(200, 'x'))})) << rig.latest().reason;
  }
  const auto texts = rig.texts("communications", body_property);
  expect_linked_once(rig, "communications", 4);
  EXPECT_THAT(texts, Each(HasSubstr(std::string(200, 'x'))));
}

TEST_P(HubSpotPresetTest, AddsNothingWhenAnAnswerWasLost) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  int writes = 0;
  rig.wire = [&writes](const CrmRequest& request, int) {
    const bool activities = request.step == "communications" || request.step == "new-activities";
    return activities && ++writes <= 2 ? Wire::lost_answer : Wire::whole;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), message(1, 2, "b"), message(2, 1, "c")})) << rig.latest().reason;
  expect_linked_once(rig, "communications", 3);
}

TEST_P(HubSpotPresetTest, WritesWhatNeverArrivedAfterALostRequest) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  int writes = 0;
  rig.wire = [&writes](const CrmRequest& request, int) {
    const bool activities = request.step == "communications" || request.step == "new-activities";
    return activities && ++writes == 1 ? Wire::lost_before : Wire::whole;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), message(2, 1, "b")})) << rig.latest().reason;
  expect_linked_once(rig, "communications", 2);
}

TEST_P(HubSpotPresetTest, WritesNotesWhereTheChannelIsAnother) {
  SinkSetup setup = setup_of("hubspot", DeliveryUnit::day);
  setup.settings["object"] = "notes";
  Rig rig(setup);
  prepare(rig);
  ASSERT_TRUE(rig.deliver({message(1, 1, "first")})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({message(1, 2, "second")})) << rig.latest().reason;
  expect_linked_once(rig, "notes", 1);
  EXPECT_THAT(rig.texts("notes", "hs_note_body").at(0), HasSubstr("second"));
}

TEST_P(HubSpotPresetTest, RefusesOneMessageAndWritesItsNeighbours) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  rig.vendor().faults().refused_text = "poison";
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), message(2, 1, "poison"), message(3, 1, "c")})) << rig.latest().reason;
  EXPECT_EQ(rig.records("communications").size(), 2U);
  ASSERT_EQ(rig.refused().size(), 1U);
  EXPECT_THAT(rig.refused().begin()->second, HasSubstr("VALIDATION_ERROR"));
}

TEST_P(HubSpotPresetTest, AsksWhatTheAccountCanOncePerStart) {
  Rig rig(setup_of("hubspot"));
  prepare(rig);
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")}));
  const std::size_t probes = rig.sent_by("contact-property").size();
  ASSERT_TRUE(rig.deliver({message(1, 2, "b")}));
  EXPECT_EQ(rig.sent_by("contact-property").size(), probes);
  rig.restart();
  ASSERT_TRUE(rig.deliver({message(1, 3, "c")}));
  EXPECT_EQ(rig.sent_by("contact-property").size(), probes + 1);
  EXPECT_EQ(rig.sent_by("new-contact-property").size(), 1U);
  EXPECT_EQ(rig.records("communications").size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(, HubSpotPresetTest, testing::Bool(),
                         [](const auto& of) { return of.param ? "WithUniqueKeys" : "WithMarkers"; });

TEST(HubSpotPresetProbeTest, SaysWhatIsMissingWhenItMayNotCreateTheProperty) {
  Rig rig(setup_of("hubspot"));
  rig.vendor().faults().fields_creatable = false;
  const ExchangeResult result = rig.attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("elit_user_id"));
  EXPECT_TRUE(rig.vendor().records().empty());
  rig.vendor().faults().fields_creatable = true;
  EXPECT_TRUE(rig.deliver({message(1, 1, "a")}));
}

TEST(HubSpotPresetKeysTest, FindWhatWasWrittenBeforeTheStateWasLost) {
  Rig rig(setup_of("hubspot"));
  const std::vector<OutgoingMessage> batch{message(1, 1, "a"), message(2, 1, "b")};
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  rig.lose_state();
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  EXPECT_EQ(rig.records("contacts").size(), 2U);
  EXPECT_EQ(rig.records("communications").size(), 2U);
}

TEST(HubSpotPresetKeysTest, LeaveTheOtherWayToWhatWasWrittenInIt) {
  Rig rig(setup_of("hubspot", DeliveryUnit::day));
  rig.vendor().faults().unique_activities = false;
  ASSERT_TRUE(rig.deliver({message(1, 1, "first")})) << rig.latest().reason;
  rig.vendor().faults().unique_activities = true;
  rig.restart();
  ASSERT_TRUE(rig.deliver({message(1, 2, "second"), message(2, 1, "other")})) << rig.latest().reason;
  const auto texts = rig.texts("communications", body_property);
  EXPECT_THAT(texts, ElementsAre(HasSubstr("second"), EndsWith("other")));
  EXPECT_THAT(texts.at(0), HasSubstr("<br>Ref. "));
  EXPECT_EQ(rig.texts("communications", "elit_activity_id").at(1), "bot.u2.2026-01-31#1");
}

TEST(HubSpotPresetProbeTest, RefusesAPropertyThatTakesAValueTwice) {
  Rig rig(setup_of("hubspot"));
  HttpRequest request;
  request.method = "POST";
  request.target = "/crm/properties/2026-03/contacts";
  request.headers = {{"Authorization", "Bearer " + std::string(simulator::vendor_api_key)},
                     {"Content-Type", "application/json"}};
  request.body =
      R"({"groupName":"contactinformation","name":"elit_user_id","label":"x","type":"string","fieldType":"text"})";
  ASSERT_EQ(rig.vendor().answer(request, {}).status, 201);
  const ExchangeResult result = rig.attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("no unique values"));
}

TEST(HubSpotPresetProbeTest, LeavesWhatItCannotLookThrough) {
  Rig rig(setup_of("hubspot"));
  rig.vendor().faults().unique_activities = false;
  std::vector<OutgoingMessage> many;
  for (int number = 1; number <= 250; ++number) {
    many.push_back(message(1, number, "m"));
  }
  ASSERT_TRUE(rig.deliver(many));
  bool lost = false;
  rig.wire = [&lost](const CrmRequest& request, int) {
    return request.step == "new-activities" && !std::exchange(lost, true) ? Wire::lost_answer : Wire::whole;
  };
  ASSERT_TRUE(rig.deliver({message(1, 251, "one more")})) << rig.latest().reason;
  EXPECT_EQ(rig.records("communications").size(), 251U);
  many.clear();
  for (int number = 252; number <= 510; ++number) {
    many.push_back(message(1, number, "m"));
  }
  ASSERT_TRUE(rig.deliver(many));
  lost = false;
  EXPECT_FALSE(rig.deliver({message(1, 511, "too many before")}, 3));
  EXPECT_EQ(rig.records("communications").size(), 511U);
  EXPECT_EQ(rig.latest().messages.front().verdict, Verdict::unknown);
}

TEST(HubSpotPresetTokensTest, AreRenewedAndTheirSecretRotates) {
  SinkSetup setup = setup_of("hubspot");
  setup.credential = "oauth";
  setup.secrets = {{"client_id", "sample-client"},
                   {"client_secret", "sample-client-secret"},
                   {"refresh_token", "sample-refresh-token"}};
  Rig rig(setup);
  rig.vendor().faults().rotate_refresh_tokens = true;
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")})) << rig.latest().reason;
  rig.wait(std::chrono::minutes{40});
  ASSERT_TRUE(rig.deliver({message(1, 2, "b")})) << rig.latest().reason;
  rig.restart();
  rig.wait(std::chrono::minutes{40});
  ASSERT_TRUE(rig.deliver({message(1, 3, "c")})) << rig.latest().reason;
  EXPECT_EQ(rig.vendor().counts().tokens_given, 3U);
  EXPECT_EQ(rig.records("communications").size(), 3U);
}

}  // namespace
}  // namespace elit::crm::rig
