#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/commands/command_line.hpp"
#include "daemon/commands/config.hpp"
#include "daemon/commands/validate.hpp"
#include "tests/config/configurations.hpp"
#include "tests/support/project_files.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class VerbsTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    const std::filesystem::path path = directory_ / name;
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  int run_validate(const std::string& configuration, bool use_json = false) {
    const ValidateArguments arguments{write("test.yaml", configuration), use_json};
    return validate(arguments, out_, err_);
  }

  std::filesystem::path directory_;
  std::ostringstream out_;
  std::ostringstream err_;
};

const std::string both_sinks =
    "  - {name: crm, type: http, url: 'https://crm.example.com/in?x=canary'}\n"
    "  - {name: archive, type: file, directory: archive}\n";

TEST_F(VerbsTest, ValidateSumsUpASoundConfigurationWithItsGuarantees) {
  write("support.key", "canary\n");
  EXPECT_EQ(run_validate(config::with_sinks(both_sinks)), 0);
  EXPECT_THAT(err_.str(), IsEmpty());
  EXPECT_THAT(out_.str(), HasSubstr("source support: https://api.example.com"));
  EXPECT_THAT(out_.str(), HasSubstr("follows users with feedback = 1"));
  EXPECT_THAT(out_.str(), HasSubstr("at least once, a lost answer is repeated under the same Idempotency-Key"));
  EXPECT_THAT(out_.str(), HasSubstr("exactly once per line key"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("canary")));
}

const std::string crm_sink =
    "  - {name: sales, type: custom, preset: mycrm.yaml, url: 'https://crm.example.com', unit: day, timezone: UTC,\n"
    "     secrets: {api_key: {file: crm.key}}}\n";
const std::string crm_preset =
    "guarantee: A note that is made twice says so.\n"
    "credentials: {key: {secrets: [api_key], headers: {X-Api-Key: \"${secret.api_key}\"}}}\n"
    "units: [message, day]\n"
    "steps:\n"
    "  - {name: people, item: contact, path: /p, idempotency: upsert}\n"
    "  - {name: find, item: activity, kind: find, only: unsure, path: /n, find: {single: true, id: /id}}\n"
    "  - {name: make, item: activity, only: new, path: /n, idempotency: lookup_after_unknown, reply: {id: /id}}\n"
    "  - {name: grow, item: activity, only: known, path: \"/n/${activity.remote_id}\", idempotency: by_id}\n";

TEST_F(VerbsTest, ValidateSaysWhatACrmReallyGuarantees) {
  write("support.key", "canary\n");
  write("crm.key", "canary\n");
  write("mycrm.yaml", crm_preset);
  EXPECT_EQ(run_validate(config::with_sinks(crm_sink)), 0);
  EXPECT_THAT(out_.str(), HasSubstr("sink sales: custom to https://crm.example.com\n"
                                    "  contacts are written again after a lost answer, which changes the same record: "
                                    "each is there once\n"
                                    "  messages are looked up after a lost answer, before they are made again: each is "
                                    "there once if the CRM finds by then what it has taken\n"
                                    "  a day's transcript whose attempt got no answer is written once more after "
                                    "`timeout`, and newer forms of it wait until then: an attempt that arrives late "
                                    "leaves no older form\n"
                                    "  A note that is made twice says so.\n"
                                    "  one record for each user and day (UTC); credential key with api_key\n"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("canary")));
  out_.str("");
  EXPECT_EQ(run_validate(config::with_sinks(crm_sink), true), 0);
  const json::value sink = json::parse(out_.str()).at("sinks").at(0);
  EXPECT_EQ(sink.at("type").as_string(), "custom");
  EXPECT_EQ(sink.at("credential").as_string(), "credential key with api_key");
}

TEST_F(VerbsTest, ValidateInspectsTheSecretsOfACrmLikeAnyOther) {
  write("support.key", "canary\n");
  write("mycrm.yaml", crm_preset);
  write("crm.key", "canary\n", 0644);
  EXPECT_EQ(run_validate(config::with_sinks(crm_sink)), 77);
  EXPECT_THAT(err_.str(), HasSubstr("test.yaml:10:25: sinks[0].secrets.api_key: file "));
}

TEST_F(VerbsTest, ValidateNamesTheMistakesOfAPresetInItsFile) {
  write("support.key", "canary\n");
  write("mycrm.yaml", crm_preset + "paces: {}\n");
  EXPECT_EQ(run_validate(config::with_sinks(crm_sink)), 78);
  EXPECT_THAT(err_.str(), HasSubstr("mycrm.yaml:9:1: paces: is not a known key: did you mean pace?\n"));
}

TEST_F(VerbsTest, ValidateNamesEveryMistakeOnALineOfItsOwn) {
  EXPECT_EQ(run_validate(config::with_source("settle: 30\n    colour: red")), 78);
  EXPECT_THAT(out_.str(), IsEmpty());
  const std::string file = (directory_ / "test.yaml").string();
  EXPECT_EQ(err_.str().find(file + ":8:13: sources[0].settle: has no unit: did you mean 30s?\n"), 0U);
  EXPECT_THAT(err_.str(), HasSubstr("\n" + file + ":9:5: sources[0].colour: is not a known key"));
}

TEST_F(VerbsTest, ValidateWarnsOfASecretThatIsNotThere) {
  EXPECT_EQ(run_validate(config::smallest), 0);
  EXPECT_THAT(err_.str(), HasSubstr("test.yaml:6:14: sources[0].api_key: file "));
}

TEST_F(VerbsTest, ValidateGives77WhenOnlyPermissionsAreWrong) {
  write("support.key", "canary", 0644);
  EXPECT_EQ(run_validate(config::smallest), 77);
  EXPECT_THAT(err_.str(), HasSubstr("chmod 600"));
  EXPECT_THAT(err_.str(), Not(HasSubstr("canary")));
}

TEST_F(VerbsTest, ValidateGives78WhenASecretIsEmptyToo) {
  write("support.key", "key", 0644);
  write("crm.token", "\n");
  EXPECT_EQ(run_validate(config::with_sinks("  - {name: crm, type: http, url: 'https://crm.example.com',\n"
                                            "     headers: {Authorization: {file: crm.token}}}\n")),
            78);
  EXPECT_THAT(err_.str(), HasSubstr(":6:14: sources[0].api_key: "));
  EXPECT_THAT(err_.str(), HasSubstr(": sinks[0].headers.Authorization: "));
}

TEST_F(VerbsTest, ValidateInspectsTheSecretOfASignatureLikeAnyOther) {
  write("support.key", "key");
  const std::string configuration = config::with_sinks(
      "  - {name: crm, type: http, url: 'https://crm.example.com',\n     sign: {secret: {file: crm.secret}}}\n");
  EXPECT_EQ(run_validate(configuration), 0);
  EXPECT_THAT(err_.str(), HasSubstr("test.yaml:10:21: sinks[0].sign.secret: file "));
  write("crm.secret", "two\nlines");
  EXPECT_EQ(run_validate(configuration), 78);
  EXPECT_THAT(err_.str(), HasSubstr("control characters"));
  write("crm.secret", "canary", 0644);
  EXPECT_EQ(run_validate(configuration), 77);
  EXPECT_THAT(err_.str(), Not(HasSubstr("canary")));
}

TEST_F(VerbsTest, ValidateTellsProgramsTheSameInOneDocument) {
  write("support.key", "key");
  EXPECT_EQ(run_validate(config::with_sinks(both_sinks), true), 0);
  const json::value document = json::parse(out_.str());
  EXPECT_TRUE(document.at("ok").as_bool());
  EXPECT_TRUE(document.at("mistakes").as_array().empty());
  EXPECT_EQ(document.at("sources").at(0).at("audiences").at(0).at("attribute").as_string(), "feedback");
  EXPECT_EQ(document.at("sinks").at(1).at("guarantee").as_string(), "exactly once per line key");
}

TEST_F(VerbsTest, ValidateTellsProgramsTheMistakesToo) {
  EXPECT_EQ(run_validate(config::with_source("settle: 30"), true), 78);
  const json::value document = json::parse(out_.str());
  EXPECT_FALSE(document.at("ok").as_bool());
  const json::value& mistake = document.at("mistakes").at(0);
  EXPECT_EQ(mistake.at("line").as_int64(), 8);
  EXPECT_EQ(mistake.at("column").as_int64(), 13);
  EXPECT_EQ(mistake.at("key").as_string(), "sources[0].settle");
  EXPECT_THAT(err_.str(), HasSubstr("sources[0].settle"));
}

TEST_F(VerbsTest, ValidateSaysThatTheFileIsMissing) {
  const ValidateArguments arguments{directory_ / "none.yaml", false};
  EXPECT_EQ(validate(arguments, out_, err_), 78);
  EXPECT_THAT(err_.str(), HasSubstr("none.yaml:1:1: (file): cannot be read"));
}

TEST_F(VerbsTest, ConfigExampleIsTheShippedFile) {
  EXPECT_EQ(run_command_line({"config", "example"}, out_, err_), 0);
  EXPECT_EQ(out_.str(), content_of(project_file("config/example.yaml")));
}

TEST_F(VerbsTest, ConfigSchemaIsOneDocument) {
  EXPECT_EQ(run_command_line({"config", "schema"}, out_, err_), 0);
  EXPECT_EQ(json::parse(out_.str()).at("type").as_string(), "object");
}

TEST_F(VerbsTest, ConfigShowTellsValuesAndOriginsWithoutReadingSecrets) {
  const ConfigShowArguments arguments{write("test.yaml", config::smallest), false};
  EXPECT_EQ(config_show(arguments, out_, err_), 0);
  EXPECT_THAT(out_.str(), HasSubstr("sources[0].name: support "));
  EXPECT_THAT(out_.str(), HasSubstr("test.yaml:2\n"));
  EXPECT_THAT(out_.str(), HasSubstr("sources[0].api_key: {file: " + directory_.string() + "/support.key}"));
}

TEST_F(VerbsTest, ConfigShowTellsProgramsTheSame) {
  const ConfigShowArguments arguments{write("test.yaml", config::smallest), true};
  EXPECT_EQ(config_show(arguments, out_, err_), 0);
  const json::value document = json::parse(out_.str());
  EXPECT_EQ(document.at("values").at(0).at("key").as_string(), "state.directory");
  EXPECT_EQ(document.at("values").at(0).at("origin").as_string(), "default");
}

TEST_F(VerbsTest, ConfigShowGives78ForABadConfiguration) {
  const ConfigShowArguments arguments{write("test.yaml", "{}"), false};
  EXPECT_EQ(config_show(arguments, out_, err_), 78);
  EXPECT_THAT(err_.str(), HasSubstr("sources: is missing"));
}

}  // namespace
}  // namespace elit::daemon
