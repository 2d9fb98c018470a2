#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "core/simulator/crms/espocrm.hpp"
#include "tests/crms/rig.hpp"

namespace elit::crm::rig {
namespace {

namespace json = boost::json;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr DeliveryUnit days = DeliveryUnit::day;

SinkSetup setup(DeliveryUnit unit = DeliveryUnit::message) {
  return setup_of("espocrm", unit);
}

TEST(EspoCrmPresetTest, AssignsCallsToTheApiUserUnlessASettingNamesAnother) {
  for (const bool named : {false, true}) {
    SinkSetup given = setup();
    if (named) {
      given.settings["assigned_user"] = std::string(simulator::espo_api_user);
    }
    Rig rig(given);
    ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other")})) << rig.latest().reason;
    EXPECT_THAT(rig.texts("Call", "assignedUserId"), ElementsAre(simulator::espo_api_user, simulator::espo_api_user));
    EXPECT_THAT(rig.texts("Call", "description"), ElementsAre("Customer: hello", "Customer: other"));
    EXPECT_THAT(rig.sent_by("api-user"), SizeIs(named ? 0 : 1));
    EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
  }
}

TEST(EspoCrmPresetTest, PausesAndNamesTheFieldThatIsRequired) {
  Rig rig(setup());
  rig.instead = [](const CrmRequest& request) {
    return request.step == "api-user" ? std::optional(HttpResponse{200, {}, R"({"user":{}})"}) : std::nullopt;
  };
  const ExchangeResult result = rig.attempt({message(1, 1, "hello"), message(2, 1, "other")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, AllOf(HasSubstr("the field assignedUser"), HasSubstr("setting `assigned_user`")));
  EXPECT_THAT(result.answer.messages, Each(testing::Field(&MessageAnswer::verdict, testing::Ne(Verdict::rejected))));
  rig.instead = nullptr;
  rig.restart();
  EXPECT_TRUE(rig.deliver({message(1, 1, "hello"), message(2, 1, "other")}));
  EXPECT_THAT(rig.refused(), IsEmpty());
}

TEST(EspoCrmPresetTest, TakesNoPageOfAProxyForARefusal) {
  for (const char* step : {"new-contacts", "new-conversations"}) {
    Rig rig(setup());
    bool shown = false;
    rig.instead = [&shown, step](const CrmRequest& request) {
      return request.step == step && !std::exchange(shown, true)
                 ? std::optional(HttpResponse{200, {{"Content-Type", "text/html"}}, "<html>Maintenance</html>"})
                 : std::nullopt;
    };
    ASSERT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
    EXPECT_THAT(rig.refused(), IsEmpty());
    EXPECT_THAT(rig.texts("Call", "description"), ElementsAre("Customer: hello"));
  }
}

TEST(EspoCrmPresetTest, AsksAgainForTheApiUserAfterItMightDoNothing) {
  Rig rig(setup());
  rig.vendor().faults().forbidden.on = true;
  const ExchangeResult result = rig.attempt({message(1, 1, "hello")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_FALSE(result.sink.has_value());
  rig.vendor().faults().forbidden.on = false;
  EXPECT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
}

TEST(EspoCrmPresetTest, WritesPeopleOfTheSameNameApart) {
  Rig rig(setup());
  OutgoingMessage namesake = message(2, 1, "I am another");
  namesake.user_element = message(1, 1, "").user_element;
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), namesake})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Contact", "cElitKey"), ElementsAre(key_of(1), key_of(2)));
  EXPECT_THAT(rig.texts("Contact", "lastName"), ElementsAre("Rao 1", "Rao 1"));
  EXPECT_THAT(rig.sent_by("namesakes"), SizeIs(1));
}

// The first request of each record arrives after the second one was sent.
TEST(EspoCrmPresetTest, HasEachRecordOnceWhenARequestArrivesAfterItsSuccessor) {
  for (const char* step : {"new-contacts", "new-conversations"}) {
    for (const DeliveryUnit unit : {DeliveryUnit::message, days}) {
      SCOPED_TRACE(step);
      Rig rig(setup(unit));
      rig.late_by = seconds{200};
      bool late = false;
      rig.wire = [&late, step](const CrmRequest& request, int) {
        return request.step == step && !std::exchange(late, true) ? Wire::late : Wire::whole;
      };
      EXPECT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
      rig.wait(seconds{600});
      EXPECT_THAT(rig.records("Contact"), SizeIs(1));
      EXPECT_THAT(rig.records("Call"), SizeIs(1));
    }
  }
}

// The look-up came too early: EspoCRM refuses the second record, and the first one is taken.
TEST(EspoCrmPresetTest, TakesTheRecordThatArrivedAfterTheLook) {
  Rig rig(setup(days));
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
  rig.lose_state();
  rig.instead = [](const CrmRequest& request) {
    const bool too_early = request.step == "known-contacts" || request.step == "known-conversations";
    return too_early ? std::optional(HttpResponse{200, {}, R"({"total":0,"list":[]})"}) : std::nullopt;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello"), message(1, 2, "again")})) << rig.latest().reason;
  EXPECT_THAT(rig.records("Contact"), SizeIs(1));
  EXPECT_THAT(rig.texts("Call", "description"), ElementsAre(AllOf(HasSubstr("hello"), HasSubstr("again"))));
  EXPECT_THAT(rig.sent_by("late-contacts"), SizeIs(1));
  EXPECT_THAT(rig.sent_by("late-conversations"), SizeIs(1));
  EXPECT_THAT(rig.sent_by("namesakes"), IsEmpty());
}

TEST(EspoCrmPresetTest, WritesCallsThatEspoCrmTakesForDuplicatesOfOthers) {
  Rig rig(setup());
  rig.instead = [](const CrmRequest& request) {
    return request.step == "new-conversations"
               ? std::optional(HttpResponse{409, {{"X-Status-Reason", "duplicate"}}, R"([{"id":"x","name":"y"}])"})
               : std::nullopt;
  };
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Call", "description"), ElementsAre("Customer: hello"));
}

TEST(EspoCrmPresetTest, TakesAContactThatOthersMadeAndWritesItsEmptyFieldsOnly) {
  for (const char* by : {"phone", "email"}) {
    SCOPED_TRACE(by);
    SinkSetup given = setup();
    given.adopt = {by};
    given.fields["emailAddress"] = {"emailAddress", Text::parse("${contact.email}").value(), false};
    Rig rig(given);
    rig.vendor().make("Contact", {{"lastName", "Made By Hand"},
                                  {std::string(by) == "phone" ? "phoneNumber" : "emailAddress",
                                   std::string(by) == "phone" ? phone_of(1) : "asha@example.com"}});
    OutgoingMessage first = message(1, 1, "hello");
    first.user_element = R"({"name":"Asha Rao","phone":")" + phone_of(1) + R"(","email":"asha@example.com"})";
    ASSERT_TRUE(rig.deliver({first, message(2, 1, "other")})) << rig.latest().reason;
    EXPECT_THAT(rig.texts("Contact", "lastName"), ElementsAre("Made By Hand", "Rao 2"));
    EXPECT_THAT(rig.texts("Contact", "firstName"), ElementsAre("Asha", "Asha"));
    EXPECT_THAT(rig.texts("Contact", "phoneNumber"), ElementsAre(phone_of(1), phone_of(2)));
    EXPECT_EQ(rig.texts("Contact", "emailAddress").at(0), "asha@example.com");
    EXPECT_THAT(rig.texts("Contact", "cElitKey"), ElementsAre(key_of(1), key_of(2)));
    EXPECT_EQ(rig.known().at(0).saved.at("adopted"), by);
    // It stays that way when the user gets another name.
    OutgoingMessage later = message(1, 2, "again");
    later.user_element = R"({"name":"Asha Iyer"})";
    ASSERT_TRUE(rig.deliver({later})) << rig.latest().reason;
    EXPECT_EQ(rig.texts("Contact", "lastName").at(0), "Made By Hand");
  }
}

TEST(EspoCrmPresetTest, TakesNoContactThatBelongsToAnotherUserOrWithoutBeingAsked) {
  for (const bool asked : {true, false}) {
    SinkSetup given = setup();
    given.adopt = asked ? std::set<std::string>{"phone"} : std::set<std::string>{};
    Rig rig(given);
    json::object of_another{{"lastName", "X"}, {"phoneNumber", phone_of(1)}};
    if (asked) {
      of_another["cElitKey"] = key_of(9);
    }
    rig.vendor().make("Contact", of_another);
    ASSERT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
    EXPECT_THAT(rig.records("Contact"), SizeIs(2));
    EXPECT_THAT(rig.sent_by("contacts-by-phone"), SizeIs(asked ? 1 : 0));
  }
}

// The survivor has our key, and the name that somebody chose.
TEST(EspoCrmPresetTest, KeepsTheNameOfTheContactThatOursWasMergedInto) {
  Rig rig(setup());
  ASSERT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
  EXPECT_EQ(rig.vendor().remove_all("Contact"), 1U);
  const std::string id = rig.vendor().make("Contact", {{"lastName", "Survivor"}, {"cElitKey", key_of(1)}});
  OutgoingMessage later = message(1, 2, "again");
  later.user_element = R"({"name":"Asha Iyer","phone":"+917810000001"})";
  ASSERT_TRUE(rig.deliver({later})) << rig.latest().reason;
  EXPECT_THAT(rig.texts("Contact", "lastName"), ElementsAre("Survivor"));
  EXPECT_THAT(rig.texts("Contact", "phoneNumber"), ElementsAre("+917810000001"));
  EXPECT_EQ(rig.known().at(0).remote_id, id);
  EXPECT_EQ(rig.known().at(0).saved.at("adopted"), "merge");
}

TEST(EspoCrmPresetTest, TellsAWrongKeyAndMissingRightsApart) {
  SinkSetup wrong = setup();
  wrong.secrets["api_key"] = "wrong";
  EXPECT_EQ(Rig(wrong).attempt({message(1, 1, "a")}).answer.whole, Verdict::unauthorized);
  Rig forbidden(setup());
  forbidden.vendor().faults().forbidden.on = true;
  EXPECT_EQ(forbidden.attempt({message(1, 1, "a")}).answer.whole, Verdict::misconfigured);
  SinkSetup field = setup();
  field.settings["key"] = "cOther";
  const ExchangeResult result = Rig(field).attempt({message(1, 1, "a")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("setting `key`"));
}

}  // namespace
}  // namespace elit::crm::rig
