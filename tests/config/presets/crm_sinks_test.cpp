#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/effective_values.hpp"
#include "core/crm/sink_design.hpp"
#include "tests/config/configurations.hpp"
#include "tests/config/presets/presets.hpp"

namespace elit::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A preset with a required setting, a required address and two credentials, which reads nothing.
const std::string strict_preset =
    "settings: {account: {doc: The account.}, mode: {default: live, choices: [live, test]}}\n"
    "credentials:\n"
    "  key: {doc: a key, secrets: [api_key]}\n"
    "  app: {doc: an app, secrets: [client_id, client_secret]}\n"
    "fields: {name: \"${contact.name}\"}\n"
    "steps: [{name: a, item: activity, path: /a, idempotency: upsert}]\n";

class CrmSinksTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    write("mycrm.yaml", strict_preset);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }

  // The sink's first key stands in line 9, those of `more` from line 11 on.
  [[nodiscard]] Loaded load_sink(const std::string& type, const std::string& more) const {
    std::string lines;
    for (std::size_t begin = 0; begin < more.size();) {
      const std::size_t end = std::min(more.find('\n', begin), more.size());
      lines += "    " + more.substr(begin, end - begin) + "\n";
      begin = end + 1;
    }
    return load_text(with_sinks("  - name: crm\n    type: " + type + "\n" + lines), directory_ / "test.yaml", test_now);
  }
  [[nodiscard]] std::string mistakes_of(const std::string& type, const std::string& more) const {
    std::string text;
    for (const Diagnostic& mistake : load_sink(type, more).mistakes) {
      text += std::filesystem::path(mistake.file).filename().string() + to_string(mistake).substr(mistake.file.size()) +
              "\n";
    }
    return text;
  }

  std::filesystem::path directory_;
};

const char* const token = "secrets: {access_token: {env: TOKEN}}\n";

TEST_F(CrmSinksTest, HaveAFinishedDesign) {
  const Loaded loaded = load_sink("hubspot", std::string(token) +
                                                 "settings: {channel: SMS}\nunit: day\ntimezone: Asia/Kolkata\n"
                                                 "fields: {phone: /user.phone, lastname: \"\", company: {value: "
                                                 "\"${contact.user/company | trim}\", policy: if_empty}}\n");
  ASSERT_TRUE(loaded.options) << to_string(loaded.mistakes.front());
  const SinkOptions& sink = loaded.options->sinks.front();
  EXPECT_EQ(sink.type, SinkType::crm);
  EXPECT_EQ(sink.crm, "hubspot");
  const crm::SinkDesign& design = loaded.designs.at("crm");
  EXPECT_EQ(design.base_url, "https://api.hubapi.com");
  EXPECT_EQ(design.config.at("channel").as_string(), "SMS");
  EXPECT_EQ(design.config.at("url").as_string(), "https://api.hubapi.com");
  EXPECT_EQ(design.credential().name, "token");
  EXPECT_EQ(design.work.unit, crm::DeliveryUnit::day);
  EXPECT_EQ(design.work.zone_name, "Asia/Kolkata");
  EXPECT_EQ(design.work.zone.offset_at(test_now), Milliseconds{std::chrono::minutes{330}});
  EXPECT_TRUE(design.work.text.html);
  std::vector<std::string> fields;
  for (const crm::FieldMapping& mapping : design.fields) {
    fields.push_back(mapping.field + (mapping.if_empty ? "?" : ""));
  }
  EXPECT_THAT(fields, ElementsAre("company?", "firstname", "phone"));
}

TEST_F(CrmSinksTest, MakeTextOfWhatIsMappedWhereTheCrmTakesNothingElse) {
  const Loaded loaded = load_sink("hubspot", std::string(token) + "fields: {phone: /phone}\n");
  ASSERT_TRUE(loaded.options);
  const boost::json::value contact{{"user", {{"phone", 4917}}}};
  crm::Scope scope;
  scope.bind("contact", &contact);
  const auto& fields = loaded.designs.at("crm").fields;
  EXPECT_EQ(fields.back().field, "phone");
  EXPECT_EQ(fields.back().value.value(scope), boost::json::value("4917"));
}

TEST_F(CrmSinksTest, TakeTheFirstCredentialWhoseSecretsAreGiven) {
  const std::string base = "preset: mycrm.yaml\nurl: https://crm.example.com/x/\nsettings: {account: a}\n";
  const Loaded app = load_sink("custom", base + "secrets: {client_id: {env: A}, client_secret: {env: B}}\n");
  ASSERT_TRUE(app.options) << to_string(app.mistakes.front());
  EXPECT_EQ(app.designs.at("crm").credential().name, "app");
  EXPECT_EQ(app.designs.at("crm").base_url, "https://crm.example.com/x");
  EXPECT_EQ(app.designs.at("crm").preset.name, "mycrm");
  EXPECT_EQ(mistakes_of("custom", base + "secrets: {client_id: {env: A}}\n"),
            "test.yaml:14:14: sinks[0].secrets: lacks some: mycrm needs api_key (a key); or client_id, client_secret "
            "(an app)\n");
  EXPECT_THAT(mistakes_of("custom", base), HasSubstr("sinks[0].secrets: is missing: mycrm needs api_key"));
}

TEST_F(CrmSinksTest, PlaceEveryMistakeAtItsKey) {
  const std::string mistakes =
      mistakes_of("custom",
                  "preset: mycrm.yaml\nsecrets: {api_kay: {env: A}}\nsettings: {acount: x, mode: lve}\nunit: day\n"
                  "timezone: Asia/Kolkatta\nfields: {name: {value: \"a ${contact.nam}\", policy: if_empty}}\n");
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:12:24: sinks[0].secrets.api_kay: is no secret of mycrm: did you mean "
                                  "api_key?\n"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:13:15: sinks[0].settings.account: is missing: mycrm needs it: The "
                                  "account.\n"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:13:24: sinks[0].settings.acount: is no setting of mycrm: did you mean "
                                  "account?\n"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:13:33: sinks[0].settings.mode: must be one of live, test: did you mean "
                                  "live?\n"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:14:11: sinks[0].unit: must be message"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:15:15: sinks[0].timezone: is no time zone: did you mean Asia/Kolkata?\n"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:16:31: sinks[0].fields.name.value: ${contact.nam} names nothing"));
  EXPECT_THAT(mistakes, HasSubstr("test.yaml:16:56: sinks[0].fields.name.policy: must be always"));
}

TEST_F(CrmSinksTest, TakeContactsOfOthersByWhatThePresetLooksFor) {
  const std::string base = "url: https://crm.example.com\nsecrets: {api_key: {env: A}}\n";
  const Loaded loaded = load_sink("espocrm", base + "contacts: {adopt: [phone, email]}\n");
  ASSERT_TRUE(loaded.options) << to_string(loaded.mistakes.front());
  EXPECT_THAT(loaded.designs.at("crm").adopt, ElementsAre("email", "phone"));
  EXPECT_THAT(mistakes_of("espocrm", base + "contacts: {adopt: [fax]}\n"), HasSubstr("sinks[0].contacts.adopt"));
  EXPECT_THAT(mistakes_of("suitecrm", "url: https://crm.example.com\nsecrets: {client_id: {env: A}, client_secret: "
                                      "{env: B}}\ncontacts: {adopt: [phone]}\n"),
              HasSubstr("contacts.adopt: must be left out: suitecrm does not look for contacts that others made"));
}

TEST_F(CrmSinksTest, NeedAnAddressThatIsEncryptedOrOfThisHost) {
  const std::string base = "preset: mycrm.yaml\nsecrets: {api_key: {env: A}}\nsettings: {account: a}\n";
  EXPECT_THAT(mistakes_of("custom", base), HasSubstr("sinks[0].url: is missing: mycrm is found at an address"));
  EXPECT_THAT(mistakes_of("custom", base + "url: http://crm.example.com\n"), HasSubstr("insecure_http: true"));
  EXPECT_THAT(mistakes_of("custom", base + "url: https://crm.example.com?a=b\n"), HasSubstr("query"));
  EXPECT_EQ(mistakes_of("custom", base + "url: http://127.0.0.1:8080\n"), "");
  EXPECT_EQ(mistakes_of("custom", base + "url: http://crm.example.com\ninsecure_http: true\n"), "");
}

TEST_F(CrmSinksTest, ShowTheMistakesOfAnOwnPresetInItsFile) {
  write("mycrm.yaml", "credentials: {open: {}}\nstps: []\nsteps: [{name: a, item: activity, path: /a}]\n");
  const std::string mistakes = mistakes_of("custom", "preset: ./mycrm.yaml\nurl: https://crm.example.com\n");
  EXPECT_THAT(mistakes, HasSubstr("mycrm.yaml:2:1: stps: is not a known key: did you mean steps?\n"));
  EXPECT_THAT(mistakes, HasSubstr("mycrm.yaml:3:9: steps[0].idempotency: is missing"));
  EXPECT_THAT(mistakes_of("custom", "preset: other.yaml\n"), HasSubstr("test.yaml:11:13: sinks[0].preset: "));
  EXPECT_THAT(mistakes_of("custom", "unit: day\n"), HasSubstr("sinks[0].preset: is missing"));
}

TEST_F(CrmSinksTest, TakeNoKeysOfOtherSinks) {
  EXPECT_THAT(mistakes_of("hubspot", std::string(token) + "headers: {}\n"), HasSubstr("is only for type: http"));
  EXPECT_THAT(mistakes_of("hubspot", std::string(token) + "preset: a\n"), HasSubstr("is only for type: custom"));
  EXPECT_THAT(mistakes_of("file", "directory: a\nsettings: {}\n"), HasSubstr("is only for type: a CRM"));
  EXPECT_THAT(mistakes_of("hubspt", ""), HasSubstr("did you mean hubspot?"));
}

TEST_F(CrmSinksTest, HaveAnotherDesignWhenTheirPresetFileChanges) {
  const std::string more =
      "preset: mycrm.yaml\nurl: https://crm.example.com\nsecrets: {api_key: {env: A}}\nsettings: {account: a}\n";
  const Loaded first = load_sink("custom", more);
  const Loaded same = load_sink("custom", more);
  write("mycrm.yaml", strict_preset + "title: Other\n");
  const Loaded other = load_sink("custom", more);
  ASSERT_TRUE(first.options && same.options && other.options);
  EXPECT_TRUE(*first.options == *other.options);
  EXPECT_TRUE(crm::have_same_presets(first.designs, same.designs));
  EXPECT_FALSE(crm::have_same_presets(first.designs, other.designs));
}

TEST_F(CrmSinksTest, ShowTheirValuesWithoutSecrets) {
  const Loaded loaded = load_sink("hubspot", std::string(token) + "fields: {phone: /phone}\n");
  ASSERT_TRUE(loaded.options);
  std::map<std::string, std::string> shown;
  for (const ValueInForce& value : effective_values(loaded)) {
    shown[value.key] = value.value;
  }
  EXPECT_EQ(shown["sinks[0].type"], "hubspot");
  EXPECT_EQ(shown["sinks[0].secrets"], "{access_token: {env: TOKEN}}");
  EXPECT_EQ(shown["sinks[0].fields"], "{phone: {value: \"${contact.user/phone}\"}}");
  EXPECT_FALSE(shown.contains("sinks[0].headers"));
}

}  // namespace
}  // namespace elit::config
