#include "core/status/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace elit {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant now = from_ms(1'800'000'000'000);

Options options() {
  Options options;
  options.sources.emplace_back().name = "support";
  options.sources[0].poll.max_staleness = 1h;
  options.sinks.emplace_back().name = "crm";
  return options;
}

Status healthy() {
  Status status;
  SourceStatus source;
  source.name = "support";
  source.state = {.state = "running", .reason = "", .since = now - 24h};
  source.following = 3;
  source.unread_longest = now - 59min;
  source.history_complete = 3;
  source.messages = 10;
  source.audiences.push_back({.attribute = "feedback", .value = "1", .listed = now - 10s, .users = 3});
  status.sources.push_back(source);
  SinkStatus sink;
  sink.name = "crm";
  sink.state = {.state = "running", .reason = "", .since = now - 24h};
  sink.delivered = 10;
  status.sinks.push_back(sink);
  return status;
}

struct Case {
  std::string name;
  std::function<void(Status&)> change;
  std::string problem;  // empty: still healthy
};

class HealthTest : public testing::TestWithParam<Case> {};

TEST_P(HealthTest, Judges) {
  Status status = healthy();
  GetParam().change(status);
  const std::vector<std::string> problems = problems_of(status, options(), now);
  if (GetParam().problem.empty()) {
    EXPECT_THAT(problems, IsEmpty());
  } else {
    EXPECT_THAT(problems, ElementsAre(GetParam().problem));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, HealthTest,
    testing::Values(
        Case{"Healthy", [](Status&) {}, ""},
        Case{"Paused",
             [](Status& s) {
               s.sources[0].state = {"paused: credential", "HTTP 401", now};
             },
             "source support: paused: credential. HTTP 401"},
        Case{"NeverStarted", [](Status& s) { s.sources[0].state.state = ""; }, "source support: not started yet"},
        Case{"MissingSource", [](Status& s) { s.sources.clear(); }, "source support: not started yet"},
        Case{"MissingSink", [](Status& s) { s.sinks.clear(); }, "sink crm: not started yet"},
        Case{"AnotherSource",
             [](Status& s) {
               s.sources.push_back(s.sources[0]);
               s.sources[1].name = "old";
               s.sources[1].state.state = "down";
             },
             ""},
        Case{"ThrottledForAMoment",
             [](Status& s) {
               s.sources[0].state = {"throttled", "HTTP 429", now - 2min};
             },
             ""},
        Case{"ThrottledForMinutes",
             [](Status& s) {
               s.sinks[0].state = {"throttled", "HTTP 429", now - 121s};
             },
             "sink crm: throttled. HTTP 429"},
        Case{"Stale", [](Status& s) { s.sources[0].unread_longest = now - 67min; },
             "source support: the stalest user has not been read for 67 min, longer than poll.max_staleness allows"},
        Case{"AlmostStale", [](Status& s) { s.sources[0].unread_longest = now - 66min; }, ""},
        Case{"NobodyRead",
             [](Status& s) {
               s.sources[0].never_read = 3;
               s.sources[0].messages = 0;
             },
             "source support: nobody has been read yet"},
        Case{"NeverListed", [](Status& s) { s.sources[0].audiences[0].listed.reset(); },
             "source support: the users of the audience \"feedback\" = \"1\" have not been listed yet"},
        Case{"MatchesNobody",
             [](Status& s) {
               s.sources[0].audiences.push_back({"feedback", "1\xC2\xA0", now, 0});
             },
             "source support: the audience \"feedback\" = \"1\\u{00a0}\" matches nobody: compare both with the "
             "attributes of a user in the bot"},
        Case{"RosterAlarm",
             [](Status& s) {
               s.sources[0].audiences[0].users = 0;
               s.sources[0].conditions.push_back({"roster_alarm", "the list is suddenly empty", now});
             },
             "source support: the list is suddenly empty"},
        Case{"BackfillMoves",
             [](Status& s) {
               s.sources[0].history_incomplete = 1;
               s.sources[0].history_moved = now - 10min;
             },
             ""},
        Case{"BackfillFrozen",
             [](Status& s) {
               s.sources[0].history_incomplete = 1;
               s.sources[0].history_moved = now - 3h;
             },
             "source support: the backfill has not moved for 3 h; 1 user is to do"},
        Case{"Parked", [](Status& s) { s.sources[0].parked = 2; },
             "source support: 2 users are parked and tried again later"},
        Case{"Dead", [](Status& s) { s.sinks[0].dead = 1; }, "sink crm: 1 message is dead"},
        Case{"Pending", [](Status& s) { s.sinks[0].oldest_pending = now - 5min; }, ""},
        Case{"PendingTooLong", [](Status& s) { s.sinks[0].oldest_pending = now - 301s; },
             "sink crm: messages have been pending for more than 5 min"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace elit
