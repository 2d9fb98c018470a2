#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crms/rig.hpp"

namespace elit::crm::rig {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ZohoPresetTest, WritesEachDayOnceForItsContact) {
  Rig rig(setup_of("zoho", DeliveryUnit::day));
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other"), message(1, 2, "again", Direction::out)}))
      << rig.latest().reason;
  EXPECT_THAT(rig.texts("Contacts", "Elit_User"), ElementsAre("bot.u1", "bot.u2"));
  EXPECT_THAT(rig.texts("Contacts", "Last_Name"), ElementsAre("Rao 1", "Rao 2"));
  EXPECT_THAT(rig.texts("Contacts", "Mobile"), ElementsAre(phone_of(1), phone_of(2)));
  EXPECT_THAT(rig.texts("Conversations", "Transcript"),
              ElementsAre("08:01:00 Customer: hello\n08:02:00 Bot: again", "08:01:00 Customer: other"));
  EXPECT_THAT(rig.texts("Conversations", "Started_At"), Each("2026-01-31T08:01:00+00:00"));
  EXPECT_THAT(rig.texts("Conversations", "Name"), Each("bot 2026-01-31 (UTC)"));
  EXPECT_EQ(rig.records("Conversations").at(0)->linked.size(), 1U);
  EXPECT_NE(rig.records("Conversations").at(0)->linked, rig.records("Conversations").at(1)->linked);
  EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
}

TEST(ZohoPresetTest, WritesMessagesOneByOneToo) {
  Rig rig(setup_of("zoho"));
  ASSERT_TRUE(rig.deliver({message(1, 1, nasty_text()), message(1, 2, "b")})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Conversations", "Transcript").at(0), HasSubstr("a < b && \"c\" 'd'\nline two\n"));
  EXPECT_EQ(rig.records("Conversations").size(), 2U);
}

TEST(ZohoPresetTest, GrowsADayInPlaceAndAddsNothingWhenRepeated) {
  Rig rig(setup_of("zoho", DeliveryUnit::day));
  rig.wire = [](const CrmRequest&, int number) { return number % 2 == 0 ? Wire::lost_answer : Wire::whole; };
  const std::vector<OutgoingMessage> all{message(1, 1, "first"), message(1, 2, "second")};
  ASSERT_TRUE(rig.deliver({all[0]})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({all[1]})) << rig.latest().reason;
  rig.wire = nullptr;
  rig.lose_state();
  ASSERT_TRUE(rig.deliver(all)) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Conversations", "Transcript"),
              ElementsAre("08:01:00 Customer: first\n08:02:00 Customer: second"));
  EXPECT_EQ(rig.records("Contacts").size(), 1U);
}

TEST(ZohoPresetTest, SplitsALongDayIntoParts) {
  Rig rig(setup_of("zoho", DeliveryUnit::day));
  std::vector<OutgoingMessage> batch;
  for (int number = 1; number <= 50; ++number) {
    batch.push_back(message(1, number, std::string(2'000, 'x')));
  }
  ASSERT_TRUE(rig.deliver(batch)) << rig.latest().reason;
  EXPECT_EQ(rig.records("Conversations").size(), 4U);
  EXPECT_EQ(rig.texts("Conversations", "Name").at(3), "bot 2026-01-31 (UTC) #4");
}

TEST(ZohoPresetTest, RefusesOneAloneOrAmongOthers) {
  Rig rig(setup_of("zoho"));
  rig.vendor().faults().refused_text = "poison";
  ASSERT_TRUE(rig.deliver({message(1, 1, "poison")})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({message(1, 2, "a"), message(2, 1, "poison"), message(3, 1, "c")})) << rig.latest().reason;
  EXPECT_EQ(rig.records("Conversations").size(), 2U);
  EXPECT_EQ(rig.refused().size(), 2U);
  for (const auto& [key, said] : rig.refused()) {
    EXPECT_THAT(said, HasSubstr("conversations: INVALID_DATA: "));
  }
}

TEST(ZohoPresetTest, RenewsItsTokenAndWaitsWhileTokensAreThrottled) {
  Rig rig(setup_of("zoho"));
  rig.vendor().faults().token_throttled.on = true;
  const ExchangeResult result = rig.attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::throttled);
  EXPECT_GE(result.answer.retry_after.value_or(Milliseconds{0}), std::chrono::minutes{10});
  rig.vendor().faults().token_throttled.on = false;
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")})) << rig.latest().reason;
  rig.vendor().faults().tokens_revoked.on = true;
  ASSERT_TRUE(rig.deliver({message(1, 2, "b")}, 1)) << rig.latest().reason;
  EXPECT_EQ(rig.vendor().counts().tokens_given, 2U);
}

TEST(ZohoPresetTest, TellsWrongSecretsSettingsAndRightsApart) {
  SinkSetup wrong = setup_of("zoho");
  wrong.secrets["refresh_token"] = "of another data centre";
  EXPECT_EQ(Rig(wrong).attempt({message(1, 1, "a")}).answer.whole, Verdict::unauthorized);
  SinkSetup module = setup_of("zoho");
  module.settings["module"] = "Notes";
  EXPECT_EQ(Rig(module).attempt({message(1, 1, "a")}).answer.whole, Verdict::misconfigured);
  SinkSetup key = setup_of("zoho");
  key.settings["key"] = "Name";
  const ExchangeResult result = Rig(key).attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("duplicate values"));
  Rig forbidden(setup_of("zoho"));
  forbidden.vendor().faults().forbidden.on = true;
  EXPECT_EQ(forbidden.attempt({message(1, 1, "a")}).answer.whole, Verdict::misconfigured);
  Rig spent(setup_of("zoho"));
  spent.vendor().faults().quota_spent.on = true;
  EXPECT_EQ(spent.attempt({message(1, 1, "a")}).answer.whole, Verdict::throttled);
}

}  // namespace
}  // namespace elit::crm::rig
