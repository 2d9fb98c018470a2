#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

#include "core/crm/pacer.hpp"
#include "core/simulator/crms/salesforce.hpp"
#include "tests/crms/rig.hpp"

namespace elit::crm::rig {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* transcripts = "Chat_Transcript__c";

TEST(SalesforcePresetTest, WritesEachDayOnceBelowItsContact) {
  Rig rig(setup_of("salesforce", DeliveryUnit::day));
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other"), message(1, 2, "again", Direction::out)}))
      << rig.latest().reason;
  EXPECT_THAT(rig.texts("Contact", "Elit_User__c"), ElementsAre("bot.u1", "bot.u2"));
  EXPECT_THAT(rig.texts("Contact", "FirstName"), Each("Asha"));
  EXPECT_THAT(rig.texts("Contact", "LastName"), ElementsAre("Rao 1", "Rao 2"));
  EXPECT_THAT(rig.texts(transcripts, "Body__c"),
              ElementsAre("08:01:00 Customer: hello\n08:02:00 Bot: again", "08:01:00 Customer: other"));
  EXPECT_THAT(rig.texts(transcripts, "Started_At__c"), Each("2026-01-31T08:01:00.000Z"));
  EXPECT_EQ(rig.records(transcripts).at(0)->linked.size(), 1U);
  EXPECT_NE(rig.records(transcripts).at(0)->linked, rig.records(transcripts).at(1)->linked);
  EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
}

TEST(SalesforcePresetTest, WritesMessagesOneByOneToo) {
  Rig rig(setup_of("salesforce"));
  ASSERT_TRUE(rig.deliver({message(1, 1, nasty_text()), message(1, 2, "b")})) << rig.latest().reason;
  EXPECT_THAT(rig.texts(transcripts, "Body__c").at(0), HasSubstr("a < b && \"c\" 'd'\nline two\n"));
  EXPECT_EQ(rig.records(transcripts).size(), 2U);
}

TEST(SalesforcePresetTest, GrowsADayInPlaceAndAddsNothingWhenRepeated) {
  Rig rig(setup_of("salesforce", DeliveryUnit::day));
  rig.wire = [](const CrmRequest&, int number) { return number % 3 == 0 ? Wire::lost_answer : Wire::whole; };
  const std::vector<OutgoingMessage> all{message(1, 1, "first"), message(1, 2, "second")};
  ASSERT_TRUE(rig.deliver({all[0]})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({all[1]})) << rig.latest().reason;
  rig.wire = nullptr;
  rig.lose_state();
  ASSERT_TRUE(rig.deliver(all)) << rig.latest().reason;
  EXPECT_THAT(rig.texts(transcripts, "Body__c"), ElementsAre("08:01:00 Customer: first\n08:02:00 Customer: second"));
  EXPECT_EQ(rig.records("Contact").size(), 1U);
}

TEST(SalesforcePresetTest, GivesANameToThoseWhoHaveNone) {
  Rig rig(setup_of("salesforce", DeliveryUnit::day));
  OutgoingMessage nameless = message(1, 1, "a");
  nameless.user_element = "{}";
  OutgoingMessage single = message(2, 1, "b");
  single.user_element = R"({"name":"Asha"})";
  ASSERT_TRUE(rig.deliver({nameless, single})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Contact", "LastName"), ElementsAre("bot.u1", "bot.u2"));
}

TEST(SalesforcePresetTest, RefusesOneAndSendsTheLockedAgain) {
  Rig rig(setup_of("salesforce"));
  rig.vendor().faults().refused_text = "poison";
  rig.vendor().faults().locked_text = "busy";
  rig.wire = [&rig](const CrmRequest& request, int) {
    if (request.step == "transcripts" && rig.sent_by("transcripts").size() > 1) {
      rig.vendor().faults().locked_text.clear();
    }
    return Wire::whole;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "a"), message(2, 1, "poison"), message(3, 1, "busy"), message(4, 1, "d")}))
      << rig.latest().reason;
  EXPECT_EQ(rig.records(transcripts).size(), 3U);
  ASSERT_EQ(rig.refused().size(), 1U);
  EXPECT_THAT(rig.refused().begin()->second, HasSubstr("FIELD_CUSTOM_VALIDATION_EXCEPTION"));
}

TEST(SalesforcePresetTest, TakesANewTokenWhenTheSessionEnds) {
  Rig rig(setup_of("salesforce"));
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")})) << rig.latest().reason;
  rig.wait(std::chrono::hours{3});
  ASSERT_TRUE(rig.deliver({message(1, 2, "b")}, 1)) << rig.latest().reason;
  EXPECT_EQ(rig.vendor().counts().tokens_given, 2U);
}

TEST(SalesforcePresetTest, WaitsWhenTheCallsOfTheDayAreUsedUp) {
  Rig rig(setup_of("salesforce"));
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")}));
  rig.vendor().faults().quota_spent.on = true;
  const ExchangeResult result = rig.attempt({message(1, 2, "b")});
  EXPECT_EQ(result.answer.whole, Verdict::throttled);
  EXPECT_GE(result.answer.retry_after.value_or(Milliseconds{0}), std::chrono::minutes{15});
  Pacer pacer(rig.design().preset.pace);
  const Now now{from_ms(0), SteadyTime{}};
  pacer.on_answer(parse({200, {{"Sforce-Limit-Info", "api-usage=18/100000"}}, "[]"}), now);
  EXPECT_LE(pacer.earliest(now.steady), now.steady);
  pacer.on_answer(parse({200, {{"Sforce-Limit-Info", "api-usage=95000/100000"}}, "[]"}), now);
  EXPECT_GE(pacer.earliest(now.steady), now.steady + std::chrono::minutes{15});
}

TEST(SalesforcePresetTest, SaysWhichSettingDoesNotFit) {
  const auto attempt_with = [](const char* name, const char* value) {
    SinkSetup setup = setup_of("salesforce");
    setup.settings[name] = value;
    return Rig(setup).attempt({message(1, 1, "a")}).answer;
  };
  for (const auto& [name, value] : std::map<const char*, const char*>{
           {"key", "Subject__c"}, {"contact_key", "Email"}, {"object", "Nothing__c"}, {"text", "Nothing__c"}}) {
    const DeliveryAnswer answer = attempt_with(name, value);
    EXPECT_EQ(answer.whole, Verdict::misconfigured) << name;
    EXPECT_THAT(answer.detail, HasSubstr("setting")) << name;
    if (std::string(name).ends_with("key")) {
      EXPECT_THAT(answer.detail, HasSubstr("\"External ID\" and \"Unique\"")) << name;
    }
  }
}

TEST(SalesforcePresetTest, SignsItsAssertions) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), &EVP_PKEY_free);
  const auto pem = [&key](bool private_half) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    if (private_half) {
      PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    } else {
      PEM_write_bio_PUBKEY(out.get(), key.get());
    }
    char* text = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(out.get(), &text));
    return std::string(text, size);
  };
  SinkSetup setup = setup_of("salesforce");
  setup.credential = "jwt";
  setup.secrets = {{"client_id", std::string(simulator::vendor_client_id)}, {"private_key", pem(true)}};
  setup.settings["username"] = simulator::vendor_login;
  simulator::SalesforceOptions options;
  options.assertion_key = pem(false);
  Rig rig(setup, std::make_unique<simulator::Salesforce>(options));
  ASSERT_TRUE(rig.deliver({message(1, 1, "a")})) << rig.latest().reason;
  EXPECT_THAT(rig.records(transcripts), SizeIs(1));
  setup.settings["username"] = "somebody else";
  Rig other(setup, std::make_unique<simulator::Salesforce>(options));
  EXPECT_EQ(other.attempt({message(1, 1, "a")}).answer.whole, Verdict::unauthorized);
}

}  // namespace
}  // namespace elit::crm::rig
