#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crms/rig.hpp"

// Fields with the policy if_empty, in the presets that read a contact before they write it.
namespace elit::crm::rig {
namespace {

using testing::ElementsAre;

struct Names {
  const char* preset;
  const char* contacts;
  const char* surname;
  const char* phone;
};

constexpr const char* other_phone = "+919800000777";

OutgoingMessage by_user(int number, const char* element) {
  OutgoingMessage made = message(1, number, "later");
  made.user_element = element;
  return made;
}

class IfEmptyPresetTest : public testing::TestWithParam<Names> {
 protected:
  // The surname and the telephone number are written only where the contact has none.
  static SinkSetup sparing() {
    SinkSetup setup = overwriting();
    const auto field = [&setup](const char* name, const char* value) {
      setup.fields[name] = {name, Text::parse(value).value(), true};
    };
    field(GetParam().phone, "${contact.phone | e164}");
    field(GetParam().surname, "${contact.name | other_words}");
    return setup;
  }
  static SinkSetup overwriting() { return setup_of(GetParam().preset, DeliveryUnit::day); }

  static std::vector<std::string> surnames(Rig& rig) { return rig.texts(GetParam().contacts, GetParam().surname); }
  static std::vector<std::string> phones(Rig& rig) { return rig.texts(GetParam().contacts, GetParam().phone); }
};

TEST_P(IfEmptyPresetTest, KeepsWhatIsThereWhereAskedToAndOverwritesItElsewhere) {
  constexpr const char* later = R"({"name":"Asha Iyer","phone":"+919800000777"})";
  for (const bool spares : {true, false}) {
    Rig rig(spares ? sparing() : overwriting());
    ASSERT_TRUE(rig.deliver({message(11, 1, "another"), message(1, 1, "first")})) << rig.latest().reason;
    EXPECT_THAT(surnames(rig), ElementsAre("Rao 11", "Rao 1"));
    EXPECT_THAT(phones(rig), ElementsAre(phone_of(11), phone_of(1)));
    ASSERT_TRUE(rig.deliver({by_user(2, later)})) << rig.latest().reason;
    EXPECT_THAT(surnames(rig), ElementsAre("Rao 11", spares ? "Rao 1" : "Iyer"));
    EXPECT_THAT(phones(rig), ElementsAre(phone_of(11), spares ? phone_of(1) : other_phone));
    EXPECT_EQ(rig.sent_by("contact-fields").empty(), !spares);
    EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
  }
}

TEST_P(IfEmptyPresetTest, FillsWhatIsEmptyAndNeverReplacesANameByTheKey) {
  Rig rig(sparing());
  ASSERT_TRUE(rig.deliver({by_user(1, R"({"name":"Asha Rao"})")})) << rig.latest().reason;
  EXPECT_FALSE(rig.records(GetParam().contacts).at(0)->properties.contains(GetParam().phone));
  ASSERT_TRUE(rig.deliver({by_user(2, R"({"phone":"+919800000777"})")})) << rig.latest().reason;
  EXPECT_THAT(phones(rig), ElementsAre(other_phone));
  EXPECT_THAT(surnames(rig), ElementsAre("Rao"));
  rig.lose_state();
  ASSERT_TRUE(rig.deliver({by_user(3, R"({"name":"Asha Iyer"})")})) << rig.latest().reason;
  EXPECT_THAT(surnames(rig), ElementsAre("Rao"));
}

TEST_P(IfEmptyPresetTest, ReadsTheContactOfAUserWithAnOddId) {
  Rig rig(sparing());
  const auto odd = [](int number, const char* element) {
    OutgoingMessage made = by_user(number, element);
    made.user_id = R"(O'Neil (a), "b" \ c')";
    return made;
  };
  ASSERT_TRUE(rig.deliver({odd(1, R"({"phone":"+919800000001"})")})) << rig.latest().reason;
  ASSERT_TRUE(rig.deliver({odd(2, R"({"phone":"+919800000777"})")})) << rig.latest().reason;
  EXPECT_THAT(phones(rig), ElementsAre("+919800000001"));
  EXPECT_EQ(rig.vendor().counts().invalid_requests, 0U);
}

INSTANTIATE_TEST_SUITE_P(, IfEmptyPresetTest,
                         testing::Values(Names{"salesforce", "Contact", "LastName", "MobilePhone"},
                                         Names{"zoho", "Contacts", "Last_Name", "Mobile"},
                                         Names{"espocrm", "Contact", "lastName", "phoneNumber"}),
                         [](const auto& of) { return std::string(of.param.preset); });

}  // namespace
}  // namespace elit::crm::rig
