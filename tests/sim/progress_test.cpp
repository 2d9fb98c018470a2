// The promise of progress: while one peer, user, message or sink is sick, everything else arrives within twice the time
// that it takes when all are well, and `status` names what is sick.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/rehearsal/stage.hpp"
#include "tests/sim/progress.hpp"
#include "tests/sim/status_watch.hpp"

namespace elit::sim {
namespace {

using daemon::Stage;
using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Instant start = from_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z
constexpr Milliseconds warm_up = hours{2};
constexpr Milliseconds sick_time = hours{4};
constexpr std::size_t the_sick_one = 0;  // source and sink

// The first user of the sick source.
const std::string& sick_user(Stage& stage) {
  return stage.source(the_sick_one).world().users()[0].id;
}

// Two bots of six users who write once a minute, and two receivers.
daemon::StageOptions small_world() {
  daemon::StageOptions stage;
  stage.start = start;
  stage.seed = 11;
  stage.log.file = "/dev/null";
  stage.log.level = LogLevel::error;
  for (const char* name : {"support", "sales"}) {
    SourceOptions source;
    source.name = name;
    source.customer_id = "4660";
    source.bot_key = "6bc26c50902b4838";
    source.audiences = {{"followed", "yes"}};
    source.poll.interval = minutes{1};
    source.poll.max_staleness = minutes{5};
    source.limits.concurrency = 2;
    stage.options.sources.push_back(source);
    simulator::SimulatorOptions peer;
    peer.world.seed = 7 + stage.sources.size();
    peer.world.users = 6;
    peer.world.history = hours{24};
    peer.world.arrivals_per_minute = 6;
    stage.sources.push_back(peer);
  }
  for (const char* name : {"crm", "warehouse"}) {
    SinkOptions sink;
    sink.name = name;
    stage.options.sinks.push_back(sink);
    stage.sinks.emplace_back();
  }
  return stage;
}

struct Sickness {
  std::string name;
  std::function<void(Stage&)> begin;
  std::string named_by_status;  // empty: nothing is sick
  Concern concerns;             // those messages may wait
  Milliseconds noticed_within = minutes{4};
};

std::ostream& operator<<(std::ostream& out, const Sickness& sickness) {
  return out << sickness.name;
}

struct Findings {
  Wait wait;                          // of the messages that the sickness does not concern
  std::vector<std::string> problems;  // as `status` names them, soon after the beginning
};

Findings live_through(const Sickness& sickness) {
  Stage stage(small_world());
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    for (simulator::User& user : stage.source(i).world().users()) {
      user.attributes.emplace_back("followed", "yes");
    }
  }
  const SteadyTime began = stage.time().now().steady;
  stage.run_until(began + warm_up);
  sickness.begin(stage);
  stage.run_until(began + warm_up + sickness.noticed_within);
  Findings findings;
  findings.problems = problems_now(stage);
  stage.run_until(began + warm_up + sick_time);
  findings.wait = longest_wait(stage, start + warm_up, sickness.concerns);
  return findings;
}

bool of_the_sick_source(Stage&, std::size_t source, std::size_t, const std::string&) {
  return source == the_sick_one;
}
bool to_the_sick_sink(Stage&, std::size_t, std::size_t sink, const std::string&) {
  return sink == the_sick_one;
}
bool of_the_sick_user(Stage& stage, std::size_t source, std::size_t, const std::string& user) {
  return source == the_sick_one && user == sick_user(stage);
}
bool of_the_sick_user_to_the_sick_sink(Stage& stage, std::size_t source, std::size_t sink, const std::string& user) {
  return sink == the_sick_one && of_the_sick_user(stage, source, sink, user);
}

using SourceChange = std::function<void(simulator::ApiFaults&)>;
using SinkChange = std::function<void(simulator::CrmFaults&)>;
using MessageChange = std::function<void(simulator::CrmFaults&, const std::string& user)>;

Sickness of_source(const std::string& name, const SourceChange& change) {
  return {name, [change](Stage& stage) { change(stage.source(the_sick_one).faults()); }, "source support",
          of_the_sick_source};
}

Sickness of_user(const std::string& name, int status) {
  return {name,
          [status](Stage& stage) {
            stage.source(the_sick_one).faults().bad_user = sick_user(stage);
            stage.source(the_sick_one).faults().bad_user_status = status;
          },
          "source support", of_the_sick_user, minutes{10}};
}

Sickness of_sink(const std::string& name, const SinkChange& change) {
  return {name, [change](Stage& stage) { change(stage.sink(the_sick_one).faults()); }, "sink crm", to_the_sick_sink};
}

Sickness of_messages(const std::string& name, const MessageChange& change) {
  return {name, [change](Stage& stage) { change(stage.sink(the_sick_one).faults(), sick_user(stage)); }, "sink crm",
          of_the_sick_user_to_the_sick_sink, minutes{40}};  // until the user has written and waited
}

std::vector<Sickness> sicknesses() {
  return {
      of_source("SourceAnswers503", [](auto& faults) { faults.down.on = true; }),
      of_source("SourceHangs", [](auto& faults) { faults.hangs = 1; }),
      of_source("SourceResetsEveryConnection", [](auto& faults) { faults.resets = 1; }),
      of_source("SourceAnswersHtml", [](auto& faults) { faults.html = 1; }),
      of_source("SourceThrottlesEverything", [](auto& faults) { faults.throttled = 1; }),
      of_source("SourceRefusesTheKey", [](auto& faults) { faults.unauthorized.on = true; }),
      of_user("UserIsRefused", 400),
      of_user("UserAnswers500", 500),
      of_sink("SinkAnswers503", [](auto& faults) { faults.down.on = true; }),
      of_sink("SinkHangs", [](auto& faults) { faults.hangs = 1; }),
      of_sink("SinkResetsEveryConnection", [](auto& faults) { faults.resets = 1; }),
      of_sink("SinkLosesEveryAnswer", [](auto& faults) { faults.lost_answers = 1; }),
      of_sink("SinkAnswers404", [](auto& faults) { faults.wrong_address.on = true; }),
      of_sink("SinkRefusesTheToken", [](auto& faults) { faults.unauthorized.on = true; }),
      of_messages("MessagesAreRefusedWith422", [](auto& faults, auto& user) { faults.poison_user = user; }),
      of_messages("MessagesFailTheirRequestsWith500",
                  [](auto& faults, auto& user) {
                    faults.poison_user = user;
                    faults.poison_status = 500;
                  }),
      of_messages("MessagesAreRefusedForNow",
                  [](auto& faults, auto& user) {
                    faults.rejected_user = user;
                    faults.rejected_retryable = true;
                  }),
  };
}

Milliseconds healthy_worst() {
  static const Findings healthy = live_through({"Nothing", [](Stage&) {}, "", concerns_nothing});
  EXPECT_THAT(healthy.problems, IsEmpty());
  EXPECT_GT(healthy.wait.messages, 2000U);
  return healthy.wait.longest;
}

class ProgressTest : public testing::TestWithParam<Sickness> {};

TEST_P(ProgressTest, EverythingElseArrivesWithinTwiceItsHealthyTime) {
  const Milliseconds healthy = healthy_worst();
  const Findings findings = live_through(GetParam());
  EXPECT_GT(findings.wait.messages, 1000U);
  EXPECT_LE(findings.wait.longest, 2 * healthy) << findings.wait.slowest;
  EXPECT_THAT(findings.problems, Contains(HasSubstr(GetParam().named_by_status)));
}

INSTANTIATE_TEST_SUITE_P(Sick, ProgressTest, testing::ValuesIn(sicknesses()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace elit::sim
