#include "daemon/rehearsal/rehearsal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include <string>
#include <tuple>
#include <vector>

#include "config/loader.hpp"
#include "daemon/commands/rehearse_text.hpp"
#include "tests/support/source_options.hpp"

namespace elit::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

// One source with two audiences, a CRM and an archive; polled seldom, so that a day costs little.
RehearsalOptions small(const std::vector<std::string>& faults = {}) {
  RehearsalOptions options;
  options.days = 1;
  options.users = 3;
  options.messages_per_user_day = 40;
  SourceOptions source = support_source();
  source.audiences = {{"feedback", "1"}, {"user.language", "en"}};
  source.poll.interval = minutes{10};
  options.options.sources.push_back(source);
  SinkOptions crm;
  crm.name = "crm";
  options.options.sinks.push_back(crm);
  SinkOptions archive;
  archive.name = "archive";
  archive.type = SinkType::file;
  options.options.sinks.push_back(archive);
  std::vector<RehearsedFault> parsed;
  for (const std::string& fault : faults) {
    parsed.push_back(*parse_fault(fault).fault);
  }
  options.faults = schedule_faults(parsed, options.options, hours{24});
  EXPECT_EQ(options.faults.error, "");
  return options;
}

TEST(RehearsalTest, DeliversEverythingOnAQuietDay) {
  const RehearsalReport report = rehearse(small());
  EXPECT_THAT(report.imbalances, IsEmpty());
  EXPECT_GT(report.messages, 20U);
  EXPECT_GT(report.history, 60U);
  EXPECT_EQ(report.starts, 1);
  ASSERT_EQ(report.sources.size(), 1U);
  const SourceReport& source = report.sources[0];
  EXPECT_EQ(source.users, 3U) << "all users match one of the audiences";
  EXPECT_EQ(source.expected, report.messages + report.history);
  EXPECT_EQ(source.fetched, source.added + source.duplicates + source.rejected);
  for (const SinkReport& sink : report.sinks) {
    EXPECT_EQ(sink.delivered, sink.expected);
    EXPECT_EQ(sink.expected, source.expected);
    EXPECT_EQ(sink.repeats_same_key, 0U);
    EXPECT_LE(sink.freshness.half, sink.freshness.most);
    EXPECT_LE(sink.freshness.nearly_all, sink.freshness.worst);
    EXPECT_GT(sink.freshness.half, seconds{10});
    EXPECT_LT(sink.freshness.worst, minutes{11}) << "a poll, a batch and a request";
  }
}

TEST(RehearsalTest, ShowsAnOutageInBacklogAndFreshnessOfThatSinkAlone) {
  const RehearsalReport report = rehearse(small({"crm down 6h at 10h"}));
  EXPECT_THAT(report.imbalances, IsEmpty());
  const SinkReport& crm = report.sinks[0];
  EXPECT_GT(crm.freshness.worst, hours{4});
  EXPECT_LT(crm.freshness.worst, hours{6} + minutes{20});
  EXPECT_GT(crm.backlog.peak_at, hours{12});
  EXPECT_LT(crm.backlog.peak_at, hours{16} + minutes{10});
  ASSERT_TRUE(crm.backlog.cleared_at);
  EXPECT_GT(*crm.backlog.cleared_at, hours{16});
  EXPECT_LT(*crm.backlog.cleared_at, hours{16} + minutes{20});
  const SinkReport& archive = report.sinks[1];
  EXPECT_LT(archive.freshness.worst, minutes{11});
  EXPECT_LT(archive.backlog.peak, crm.backlog.peak);
}

TEST(RehearsalTest, SurvivesEverythingAtOnce) {
  const RehearsalReport report =
      rehearse(small({"crm lost answers 30%", "api errors 20%", "crm slow 2s for 3h", "crm throttled 30m",
                      "api down 1h", "api throttled 10m", "crash", "power loss", "restart", "disk full 5m at 0s",
                      "key revoked 1h", "crm key revoked 1h", "crash at 0s"}));
  EXPECT_THAT(report.imbalances, IsEmpty());
  EXPECT_GT(report.starts, 4);
  EXPECT_GT(report.sinks[0].repeats_same_key, 0U) << "lost answers are repeated";
  EXPECT_EQ(report.sinks[0].repeats_other_key, 0U);
  EXPECT_THAT(report.problems, Contains(HasSubstr("full"))) << "the disk was full";
}

TEST(RehearsalTest, TellsWhatWasGivenUp) {
  RehearsalOptions options = small({"crm down 20h at 1h"});
  options.options.sinks[0].retry.give_up_after = hours{2};
  const RehearsalReport report = rehearse(options);
  EXPECT_FALSE(report.balanced());
  EXPECT_GT(report.sinks[0].dead, 0U);
  EXPECT_EQ(report.sinks[0].missing, report.sinks[0].dead);
  EXPECT_EQ(report.sinks[1].missing, 0U);
  EXPECT_FALSE(report.sinks[0].backlog.cleared_at);
  EXPECT_THAT(report.imbalances, Each(HasSubstr("The sink crm: ")));
}

TEST(RehearsalTest, IsTheSameForTheSameSeedOnly) {
  RehearsalOptions options = small({"crm lost answers 5%", "crash"});
  const auto text = [&options] { return boost::json::serialize(rehearsal_json(options, rehearse(options))); };
  const std::string first = text();
  EXPECT_EQ(text(), first);
  options.seed = 2;
  EXPECT_NE(text(), first);
}

TEST(RehearsalTest, HasHistoryAfterAnySince) {
  RehearsalOptions options = small();
  options.options.sources[0].since = from_ms(1'900'000'000'000);
  const RehearsalReport late = rehearse(options);
  EXPECT_THAT(late.imbalances, IsEmpty());
  EXPECT_EQ(late.sources[0].expected, late.messages + late.history);
}

TEST(RehearsalTest, ExpectsNoHistoryAtASinkThatWantsNone) {
  RehearsalOptions options = small();
  options.options.sinks[0].history = false;
  const RehearsalReport report = rehearse(options);
  EXPECT_THAT(report.imbalances, IsEmpty());
  EXPECT_EQ(report.sinks[0].expected, report.messages);
  EXPECT_EQ(report.sinks[1].expected, report.messages + report.history);
}

TEST(RehearsalTest, NeedsNoSinkAndNoMessages) {
  RehearsalOptions options = small();
  options.options.sinks.clear();
  EXPECT_THAT(rehearse(options).imbalances, IsEmpty());
  options = small();
  options.messages_per_user_day = 0;
  EXPECT_THAT(rehearse(options).imbalances, IsEmpty());
}

TEST(RehearsalTest, SpeaksTheUsualDialectWhateverTheConfigurationSays) {
  RehearsalOptions options = small();
  DialectOptions& api = options.options.sources[0].api;
  api.users_path = "/v2/{customer_id}/{bot_key}/people";
  api.users_list = "/people";
  api.user_id = "/number";
  api.page_number_parameter = "p";
  api.users_page_parameter = "p";
  api.authorization = "base64";
  EXPECT_THAT(rehearse(options).imbalances, IsEmpty());
}

// The sink of a CRM as an operator would write it, whose names and addresses the simulated CRM does not have.
std::string crm_sink(const std::string& type, const std::string& unit) {
  const std::string key = type == "hubspot" ? "access_token" : "api_key";
  const bool with_key = type == "hubspot" || type == "espocrm" || type.starts_with("odoo");
  std::string text = "  - {name: crm, type: " + type + ", unit: " + unit + ", url: https://crm.example.com, ";
  text += with_key               ? "secrets: {" + key + ": {file: absent}}"
          : type == "salesforce" ? "secrets: {client_id: {file: absent}, private_key: {file: absent}}"
                                 : "secrets: {client_id: {file: absent}, client_secret: {file: absent}, "
                                   "refresh_token: {file: absent}}";
  text += type == "odoo"         ? ", settings: {database: ours, login: sync}"
          : type == "odoo-json2" ? ", settings: {database: ours}"
          : type == "salesforce" ? ", settings: {username: sync@example.com, object: Our_Transcript__c}"
          : type == "espocrm"    ? ", settings: {key: cOurKey, assigned_user: our-user}"
          : type == "zoho"       ? ", settings: {accounts: https://accounts.zoho.in, module: Our_Module}"
                                 : ", settings: {object: notes}, fields: {our_field: /plan}";
  return text + "}\n";
}

RehearsalOptions with_crm(const std::string& sinks, const std::vector<std::string>& faults) {
  const std::string text =
      "sources:\n"
      "  - {name: support, base_url: https://api.example.com, customer_id: \"1\", bot_key: key, api_key: {file: "
      "absent},\n"
      "     poll: {interval: 10m}, limits: {requests_per_second: 0}, audiences: [{attribute: feedback, value: "
      "\"1\"}]}\n"
      "sinks:\n" +
      sinks + "  - {name: archive, type: file, directory: archive}\n";
  config::Loaded loaded = config::load_text(text, "/etc/elitbuzz-sync/test.yaml");
  EXPECT_TRUE(loaded.options) << to_string(loaded.mistakes.front());
  RehearsalOptions options = small();
  options.options = *std::move(loaded.options);
  options.designs = std::move(loaded.designs);
  std::vector<RehearsedFault> parsed;
  for (const std::string& fault : faults) {
    parsed.push_back(*parse_fault(fault).fault);
  }
  options.faults = schedule_faults(parsed, options.options, hours{24});
  return options;
}

class RehearsalOfCrmTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(RehearsalOfCrmTest, DeliversEachMessageOnceInSpiteOfFaults) {
  const auto& [type, unit] = GetParam();
  const RehearsalReport report =
      rehearse(with_crm(crm_sink(type, unit),
                        {"crm down 6h at 10h", "crm key revoked 30m at 4h", "crm lost answers 10%", "crash at 12h"}));
  EXPECT_THAT(report.imbalances, IsEmpty());
  const SinkReport& crm = report.sinks.at(0);
  EXPECT_EQ(crm.type, type);
  EXPECT_EQ(crm.rehearsed_as, type);
  EXPECT_GT(crm.requests, 20U);
  EXPECT_EQ(crm.expected, report.messages + report.history);
  EXPECT_EQ(crm.delivered, crm.expected);
  EXPECT_GT(crm.freshness.worst, hours{4});
  const SinkReport& archive = report.sinks.at(1);
  EXPECT_EQ(archive.rehearsed_as, "http");
  EXPECT_LT(archive.freshness.worst, minutes{20}) << "a CRM's outage is not that of a directory";
}

INSTANTIATE_TEST_SUITE_P(Rehearsal, RehearsalOfCrmTest,
                         testing::Combine(testing::Values("hubspot", "salesforce", "zoho", "odoo", "odoo-json2",
                                                          "espocrm"),
                                          testing::Values("message", "day")));

TEST(RehearsalTest, TellsThatASinkWithoutSimulatedCrmIsAWebhook) {
  const RehearsalOptions options =
      with_crm("  - {name: crm, type: twenty, url: https://crm.example.com, secrets: {api_key: {file: absent}}}\n", {});
  const RehearsalReport report = rehearse(options);
  EXPECT_THAT(report.imbalances, IsEmpty());
  EXPECT_EQ(report.sinks.at(0).type, "twenty");
  EXPECT_EQ(report.sinks.at(0).rehearsed_as, "http");
  EXPECT_THAT(rehearsal_text(options, report, false),
              HasSubstr("  rehearsed as type: http, because no receiver of type: twenty is simulated\n"));
}

TEST(RehearsalTest, TellsWhatACrmNeverReceived) {
  RehearsalOptions options = with_crm(crm_sink("hubspot", "message"), {"crm down 20h at 1h"});
  options.options.sinks[0].retry.give_up_after = hours{2};
  const RehearsalReport report = rehearse(options);
  EXPECT_GT(report.sinks[0].dead, 0U);
  EXPECT_EQ(report.sinks[0].missing, report.sinks[0].dead);
  EXPECT_THAT(report.imbalances, Contains(HasSubstr("The sink crm: ")));
}

TEST(RehearseTextTest, WritesLengthsInTwoUnits) {
  EXPECT_EQ(length_text(Milliseconds{1'830}), "1.8 s");
  EXPECT_EQ(length_text(seconds{41}), "41 s");
  EXPECT_EQ(length_text(seconds{62}), "1 min 2 s");
  EXPECT_EQ(length_text(hours{6}), "6 h");
  EXPECT_EQ(length_text(hours{5} + minutes{12}), "5 h 12 min");
  EXPECT_EQ(length_text(hours{76}), "3 d 4 h");
  EXPECT_EQ(moment_text(hours{56} + minutes{5}), "day 3, 08:05");
}

TEST(RehearseTextTest, DrawsTheBacklogInBlocksOrInAscii) {
  const RehearsalOptions options = small({"crm down 6h"});
  const RehearsalReport report = rehearse(options);
  const std::string ascii = rehearsal_text(options, report, false);
  EXPECT_THAT(ascii, Each(testing::Lt(0x7F)));
  EXPECT_THAT(ascii, HasSubstr("#"));
  EXPECT_THAT(ascii, HasSubstr("Nothing is missing, nothing is there twice."));
  EXPECT_THAT(rehearsal_text(options, report, true), HasSubstr("█"));
}

}  // namespace
}  // namespace elit::daemon
