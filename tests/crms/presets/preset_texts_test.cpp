#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

#include "core/crm/filters.hpp"
#include "core/text/text_length.hpp"
#include "tests/crms/presets/small_crms.hpp"
#include "tests/crms/rig.hpp"

// What the presets do to names and texts that a CRM refuses, removes or shows with another time.
namespace elit::crm::rig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::map<std::string, std::string> client{{"client_id", "c1"}, {"client_secret", "s3cret"}};

OutgoingMessage from(const std::string& name, const std::string& text) {
  OutgoingMessage one = message(1, 1, text);
  one.user_element = boost::json::serialize(boost::json::object{{"name", name}, {"phone", phone_of(1)}});
  return one;
}

std::string name_in(const std::string& preset, const std::map<std::string, std::string>& secrets, const char* step,
                    const char* pointer, const std::string& name) {
  SinkSetup setup;
  setup.preset = preset;
  setup.secrets = secrets;
  Rig rig(setup, small_crm(preset));
  rig.attempt({from(name, "hello")});
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(rig.sent_by(step).at(0).request.body);
  const boost::json::value* value = body.find_pointer(pointer, error);
  return value == nullptr ? "(absent)" : text_of(*value);
}

TEST(PresetTextsTest, KeepNamesToWhatTheCrmTakes) {
  const auto in_espocrm = [](const std::string& name) {
    return name_in("espocrm", {{"api_key", "k"}}, "new-contacts", "/firstName", name);
  };
  EXPECT_EQ(in_espocrm("<3=Asha> Rao"), "3Asha");
  EXPECT_EQ(in_espocrm(std::string(300, 'x')), std::string(100, 'x'));
  EXPECT_EQ(in_espocrm("<> Rao"), "Rao");
  const auto in_suitecrm = [](const std::string& name) {
    return name_in("suitecrm", client, "new-contacts", "/data/attributes/first_name", name);
  };
  EXPECT_EQ(in_suitecrm("<b>Asha Rao"), "‹b›Asha");
  EXPECT_EQ(in_suitecrm("\u00e9" + std::string(300, 'x')), "\u00e9" + std::string(92, 'x')) << "&eacute; takes 8 bytes";
}

TEST(PresetTextsTest, LoseNothingInSuiteCrmThatLooksLikeATagOrIsLong) {
  SinkSetup setup;
  setup.preset = "suitecrm";
  setup.secrets = client;
  Rig rig(setup, small_crm("suitecrm"));
  std::string accents;
  for (int i = 0; i < 30'000; ++i) {
    accents += "\u00e9";
  }
  ASSERT_TRUE(rig.deliver({from("Asha", "mail <john@example.com> ok"), message(1, 2, accents)}));
  const std::vector<std::string> texts = rig.texts("Notes", "description");
  ASSERT_GE(texts.size(), 8U);
  EXPECT_THAT(texts[0], HasSubstr("mail ‹john@example.com› ok"));
  std::size_t found = 0;
  for (const std::string& text : texts) {
    EXPECT_LE(text_length(text, TextUnit::entity_bytes), 36'000U);
    found += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\xa9'));
  }
  EXPECT_EQ(found, 30'000U);
}

TEST(PresetTextsTest, ShowInChatwootTheTimeOfWhatIsOlderThanAMinute) {
  SinkSetup setup;
  setup.preset = "chatwoot";
  setup.settings = {{"account", "3"}, {"inbox", "7"}};
  setup.secrets = {{"access_token", "k"}};
  Rig rig(setup, small_crm("chatwoot"));
  ASSERT_TRUE(rig.deliver({message(1, 1, "an hour ago")}));
  ASSERT_TRUE(rig.deliver({message(1, 61, "just now")}));
  EXPECT_THAT(rig.texts("messages", "content"),
              ElementsAre("2026-01-31 08:01 (UTC) Customer: an hour ago", "Customer: just now"));
}

}  // namespace
}  // namespace elit::crm::rig
