#include "daemon/rehearsal/fault_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "daemon/rehearsal/fault_schedule.hpp"

namespace elit::daemon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = RehearsedFault::Kind;
using Target = RehearsedFault::Target;

RehearsedFault read(const std::string& text) {
  const ParsedFault parsed = parse_fault(text);
  EXPECT_TRUE(parsed.fault) << parsed.error;
  return parsed.fault.value_or(RehearsedFault{});
}

std::string mistake_of(const std::string& text) {
  const ParsedFault parsed = parse_fault(text);
  EXPECT_FALSE(parsed.fault) << text;
  return parsed.error;
}

Options two_of_each() {
  Options options;
  options.sources.resize(2);
  options.sources[0].name = "support";
  options.sources[1].name = "sales";
  options.sinks.resize(2);
  options.sinks[0].name = "warehouse";
  options.sinks[1].name = "archive";
  options.sinks[1].type = SinkType::file;
  return options;
}

FaultSchedule schedule(const std::vector<std::string>& texts, Milliseconds span = hours{48}) {
  std::vector<RehearsedFault> faults;
  for (const std::string& text : texts) {
    faults.push_back(read(text));
  }
  return schedule_faults(faults, two_of_each(), span);
}

TEST(FaultTextTest, ReadsAnOutageWithItsLength) {
  const RehearsedFault fault = read("crm down 6h");
  EXPECT_EQ(fault.kind, Kind::down);
  EXPECT_EQ(fault.target, Target::crm);
  EXPECT_EQ(fault.name, "");
  EXPECT_EQ(fault.lasts, Milliseconds{hours{6}});
  EXPECT_FALSE(fault.at);
}

TEST(FaultTextTest, ReadsTheNameOfOnePeer) {
  EXPECT_EQ(read("crm warehouse down 6h").name, "warehouse");
  EXPECT_EQ(read("api sales key revoked 1h").name, "sales");
  EXPECT_EQ(read("crm slow lost answers 2%").name, "slow");
}

TEST(FaultTextTest, ReadsWhenAndHowLongInEitherOrder) {
  for (const char* text : {"api slow 5s for 3h at 2d", "api slow 5s at 2d for 3h", "  API  slow 5s\tat 2d for 3h"}) {
    const RehearsedFault fault = read(text);
    EXPECT_EQ(fault.target, Target::api) << text;
    EXPECT_EQ(fault.delay, Milliseconds{seconds{5}}) << text;
    EXPECT_EQ(fault.lasts, Milliseconds{hours{3}}) << text;
    EXPECT_EQ(fault.at, Milliseconds{hours{48}}) << text;
  }
}

TEST(FaultTextTest, ReadsSharesOfTheRequests) {
  EXPECT_DOUBLE_EQ(read("api errors 5%").share, 0.05);
  EXPECT_DOUBLE_EQ(read("crm lost answers 2.5%").share, 0.025);
  EXPECT_FALSE(read("api errors 5%").lasts) << "it goes on to the end";
}

TEST(FaultTextTest, ReadsWhatHappensToTheMachine) {
  EXPECT_EQ(read("crash").kind, Kind::crash);
  EXPECT_EQ(read("power loss at 1h").kind, Kind::power_loss);
  EXPECT_EQ(read("restart").target, Target::machine);
  EXPECT_EQ(read("disk full 10m").lasts, Milliseconds{minutes{10}});
  EXPECT_EQ(read("key revoked 1h").target, Target::api);
}

TEST(FaultTextTest, TellsWhatIsKnownForWhatIsNot) {
  for (const char* text : {"", "crm", "crm dwon 6h", "crm down", "crm down 6h 7h", "crash 5m", "moon down 1h",
                           "disk full", "crm a b down 6h", "down 6h", "at 2d"}) {
    EXPECT_THAT(mistake_of(text), HasSubstr("crm down 6h")) << text;
  }
}

TEST(FaultTextTest, TellsWhatIsWrongWithANumber) {
  EXPECT_THAT(mistake_of("crm down 6"), HasSubstr("\"6\" has no unit"));
  EXPECT_THAT(mistake_of("crm down 0h"), HasSubstr("longer than zero"));
  EXPECT_THAT(mistake_of("crm down 6h at noon"), HasSubstr("the time after \"at\""));
  for (const char* text : {"api errors 5", "api errors 0%", "api errors 101%", "api errors x%", "api errors %"}) {
    EXPECT_THAT(mistake_of(text), HasSubstr("such as 5%")) << text;
  }
  EXPECT_THAT(mistake_of("crm down 6h for 3h"), HasSubstr("given twice"));
  EXPECT_THAT(mistake_of("crash for 3h"), HasSubstr("momentary"));
}

TEST(FaultTextTest, UnderstandsEveryFormThatItTells) {
  std::istringstream lines(known_faults());
  int forms = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string form = line.substr(2, line.find("  ", 2) - 2);
    if (form.find("...") == std::string::npos) {
      EXPECT_TRUE(parse_fault(form).fault) << form;
      ++forms;
    }
  }
  EXPECT_GE(forms, 11);
}

TEST(FaultScheduleTest, SpreadsFaultsEvenly) {
  const FaultSchedule two = schedule({"crm down 1h", "api errors 5%", "crash"});
  ASSERT_EQ(two.error, "");
  EXPECT_EQ(two.faults[0].from, hours{16});
  EXPECT_EQ(two.faults[0].until, hours{17});
  EXPECT_EQ(two.faults[1].from, hours{0});
  EXPECT_EQ(two.faults[1].until, hours{48});
  EXPECT_EQ(two.faults[2].from, hours{32});
  EXPECT_EQ(two.faults[2].until, hours{32});
}

TEST(FaultScheduleTest, KeepsFaultsWithinTheDays) {
  EXPECT_EQ(schedule({"crm down 40h"}).faults[0].from, hours{8});
  EXPECT_EQ(schedule({"crm down 30d"}).faults[0].from, hours{0});
  EXPECT_EQ(schedule({"crm down 30d"}).faults[0].until, hours{48});
  EXPECT_EQ(schedule({"crm down 6h at 47h"}).faults[0].until, hours{48});
  EXPECT_THAT(schedule({"crash at 2d"}).error, HasSubstr("after the end"));
}

TEST(FaultScheduleTest, FindsThePeers) {
  EXPECT_THAT(schedule({"api down 1h"}).faults[0].peers, ElementsAre(0, 1));
  EXPECT_THAT(schedule({"api sales down 1h"}).faults[0].peers, ElementsAre(1));
  EXPECT_THAT(schedule({"crm down 1h"}).faults[0].peers, ElementsAre(0)) << "files have no outage";
  EXPECT_THAT(schedule({"crm archive down 1h"}).faults[0].peers, ElementsAre(1)) << "but one may ask for it";
  const FaultSchedule unknown = schedule({"crm sales down 1h"});
  EXPECT_THAT(unknown.error, HasSubstr("warehouse, archive"));
}

TEST(FaultScheduleTest, TakesDownCrmsAndReceiversButNoDirectories) {
  Options options = two_of_each();
  options.sinks[0].type = SinkType::crm;
  const std::vector<RehearsedFault> down{read("crm down 1h")};
  EXPECT_THAT(schedule_faults(down, options, hours{48}).faults[0].peers, ElementsAre(0));
  options.sinks.emplace_back().name = "hook";
  EXPECT_THAT(schedule_faults(down, options, hours{48}).faults[0].peers, ElementsAre(0, 2));
}

}  // namespace
}  // namespace elit::daemon
