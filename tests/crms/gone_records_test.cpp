#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

#include "config/presets/shipped_presets.hpp"
#include "tests/crms/rig.hpp"

// Records that somebody deletes in the CRM while the program remembers their ids, with every shipped preset.
namespace elit::crm::rig {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct Objects {
  const char* contacts;
  const char* activities;
  const char* text;
};

const std::map<std::string, Objects> objects{
    {"chatwoot", {"contacts", "messages", "/content"}},
    {"dynamics", {"contacts", "phonecalls", "/description"}},
    {"espocrm", {"Contact", "Call", "/description"}},
    {"freshsales", {"contacts", "notes", "/description"}},
    {"hubspot", {"contacts", "communications", "/hs_communication_body"}},
    {"odoo", {"res.partner", "mail.message", "/body"}},
    {"odoo-json2", {"res.partner", "mail.message", "/body"}},
    {"pipedrive", {"persons", "notes", "/content"}},
    {"salesforce", {"Contact", "Chat_Transcript__c", "/Body__c"}},
    {"suitecrm", {"Contacts", "Notes", "/description"}},
    {"twenty", {"people", "notes", "/bodyV2/blocknote"}},
    {"zoho", {"Contacts", "Conversations", "/Transcript"}},
};

struct Case {
  std::string preset;
  DeliveryUnit unit = DeliveryUnit::message;
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.preset;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const config::ShippedPreset& preset : config::shipped_presets()) {
    const std::string name(preset.name);
    cases.push_back({name, DeliveryUnit::message});
    if (name != "chatwoot") {
      cases.push_back({name, DeliveryUnit::day});
    }
  }
  return cases;
}

// What somebody deleted between the first message and the second, and whether the contact has a new name then.
struct Change {
  bool contact = false;
  bool activity = false;
  bool renamed = false;
};

class GoneRecordsTest : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] static const Objects& names() { return objects.at(GetParam().preset); }

  static std::size_t with_text(Rig& rig, const std::string& part) {
    const auto records = rig.records(names().activities);
    return static_cast<std::size_t>(std::count_if(records.begin(), records.end(), [&part](const auto* record) {
      return boost::json::serialize(record->properties).find(part) != std::string::npos;
    }));
  }

  static void apply(Rig& rig, const Change& change) {
    if (change.contact) {
      EXPECT_EQ(rig.vendor().remove_all(names().contacts), 1U);
    }
    if (change.activity) {
      EXPECT_EQ(rig.vendor().remove_all(names().activities), 1U);
    }
  }
};

// Whether a request names the contact, so that the CRM says that it is gone: updates of activities by their ids do not,
// and SuiteCRM takes notes of any contact.
bool is_noticed(const Change& change, const Case& one) {
  static const std::set<std::string> by_id{"espocrm", "freshsales", "odoo", "odoo-json2", "pipedrive", "suitecrm"};
  const bool names_contact = one.unit == DeliveryUnit::message || change.activity || !by_id.contains(one.preset);
  return !change.contact || change.renamed || (names_contact && one.preset != "suitecrm");
}

TEST_P(GoneRecordsTest, AreLookedForOrMadeAgainAndNothingDiesOrPauses) {
  for (const Change& change : {Change{true, false, false}, Change{true, false, true}, Change{false, true, false},
                               Change{true, true, false}, Change{true, true, true}}) {
    SCOPED_TRACE(testing::Message() << "contact " << change.contact << ", activity " << change.activity << ", renamed "
                                    << change.renamed);
    Rig rig(setup_of(GetParam().preset, GetParam().unit));
    ASSERT_TRUE(rig.deliver({message(1, 1, "first words")})) << rig.latest().reason;
    apply(rig, change);
    OutgoingMessage second = message(1, 2, "second words");
    if (change.renamed) {
      second.user_element = R"({"name":"Asha Iyer","phone":"+917810000001"})";
    }
    const ExchangeResult result = rig.attempt({second});
    EXPECT_NE(result.answer.whole, Verdict::misconfigured) << result.answer.reason;
    const bool done = result.answer.messages.front().verdict == Verdict::delivered;
    EXPECT_TRUE(done || rig.deliver({second})) << rig.latest().reason;
    EXPECT_THAT(rig.refused(), IsEmpty());
    EXPECT_THAT(rig.records(names().contacts), SizeIs(is_noticed(change, GetParam()) ? 1 : 0));
    EXPECT_EQ(with_text(rig, "second words"), 1U);
    ASSERT_TRUE(rig.deliver({message(1, 3, "third words")})) << rig.latest().reason;
    EXPECT_LE(rig.records(names().contacts).size(), 1U);
    EXPECT_EQ(with_text(rig, "third words"), 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, GoneRecordsTest, testing::ValuesIn(all_cases()), [](const auto& of) {
  std::string name = of.param.preset + (of.param.unit == DeliveryUnit::day ? "Days" : "Messages");
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace elit::crm::rig
