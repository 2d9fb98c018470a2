#include "tests/sim/scenarios.hpp"

#include <utility>

#include "tests/support/source_options.hpp"

namespace elit::sim {
namespace {

using daemon::Stage;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant begin = from_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z

}  // namespace

Plan quiet_plan() {
  Plan plan;
  plan.chaos = hours{48};
  plan.calm = hours{20};
  plan.stage.start = begin;
  plan.stage.seed = 7;
  plan.stage.log.file = "/dev/null";
  plan.stage.log.level = LogLevel::error;
  SourceOptions source = support_source();
  source.audiences = {{"followed", "yes"}};
  source.poll.interval = minutes{10};
  source.poll.max_staleness = minutes{10};
  source.limits.page_size = 10;
  plan.stage.options.sources.push_back(source);
  simulator::SimulatorOptions peer;
  peer.world.seed = 7;
  peer.world.users = 3;
  peer.world.history = hours{48};
  peer.world.arrivals_per_minute = 0.2;
  peer.world.arrivals_stop_after = plan.chaos;
  plan.stage.sources.push_back(peer);
  SinkOptions sink;
  sink.name = "crm";
  plan.stage.options.sinks.push_back(sink);
  plan.stage.sinks.emplace_back();
  return plan;
}

namespace {

void at(Plan& plan, Milliseconds when, std::string what, std::function<void(Stage&)> act) {
  plan.incidents.push_back({when, std::move(what), std::move(act)});
}

Plan clock_wrong_by(Milliseconds error) {
  Plan plan = quiet_plan();
  for (int hour = 12; hour < 48; hour += 5) {
    // After the list of a cycle and before its reads, whose own latency delays them further.
    const Milliseconds from = hours{hour} + seconds{3};
    at(plan, from, "clock wrong", [error](Stage& stage) { stage.time().set_clock_error(error); });
    at(plan, from + minutes{47}, "clock right", [](Stage& stage) { stage.time().set_clock_error(Milliseconds{0}); });
  }
  return plan;
}

// A read with a clock that is ahead must not prove the day that has not come yet.
Plan clock_a_day_ahead() {
  return clock_wrong_by(hours{24});
}

// The time between a clock that was set back and the true time is not read again and again.
Plan clock_a_year_back() {
  return clock_wrong_by(-hours{24 * 365});
}

// A message that is found late, while the CRM accepts nothing, goes before the newer ones that wait with it.
Plan late_message_behind_a_paused_crm() {
  Plan plan = quiet_plan();
  plan.stage.sources[0].world.late_share = 0.5;
  plan.stage.sources[0].world.late_max = minutes{11};
  for (int hour = 2; hour < 44; hour += 6) {
    at(plan, hours{hour}, "crm down", [](Stage& stage) { stage.sink(0).faults().down.on = true; });
    at(plan, hours{hour + 4}, "crm up", [](Stage& stage) { stage.sink(0).faults().down.on = false; });
  }
  return plan;
}

// A list of many pages progresses page by page although two requests of five fail; the user is not parked for hours
// after each page.
Plan long_history_over_a_bad_line() {
  Plan plan = quiet_plan();
  plan.stage.sources[0].world.messages_per_user_day = 300;
  plan.stage.sources[0].faults.resets = 0.4;
  plan.calm = hours{8};
  return plan;
}

// A server that sends page 1 for every page: windows become narrower than the look-back, and messages that appear an
// hour late are still found.
Plan late_messages_in_narrow_windows() {
  Plan plan = quiet_plan();
  plan.stage.options.sources[0].lookback = hours{1};
  plan.stage.sources[0].dialect.page_number_obeyed = false;
  plan.stage.sources[0].world.arrivals_per_minute = 0.8;
  plan.stage.sources[0].world.late_share = 0.3;
  plan.stage.sources[0].world.late_max = hours{1};
  return plan;
}

// The same with restarts of the daemon, so that it never remembers a look-back for long.
Plan late_messages_in_narrow_windows_over_restarts() {
  Plan plan = late_messages_in_narrow_windows();
  for (int minute = 61; minute < 48 * 60; minute += 47) {
    at(plan, minutes{minute} + seconds{2}, "restarted", [](Stage& stage) { stage.restart(); });
  }
  return plan;
}

// A full disk: the daemon ends and is started again, hundreds of times, and then continues.
Plan disk_full_for_an_hour() {
  Plan plan = quiet_plan();
  at(plan, hours{10}, "disk full", [](Stage& stage) { stage.disk().set_capacity(stage.disk().used_bytes() + 10'000); });
  at(plan, hours{11}, "disk has room", [](Stage& stage) { stage.disk().set_capacity(0); });
  return plan;
}

// Messages that the receiver refuses, of a user who is the only one: the others of that user arrive.
Plan bad_messages_of_the_only_user() {
  Plan plan = quiet_plan();
  plan.stage.sources[0].world.users = 1;
  plan.stage.sinks[0].poison = 0.05;
  return plan;
}

// Sets that were refused as too large and lose answers are repeated as they are all the same.
Plan lost_answers_where_larger_sets_are_refused() {
  Plan plan = quiet_plan();
  plan.stage.sinks[0].messages_max = 4;
  plan.stage.sinks[0].lost_answers = 0.3;
  return plan;
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{
      {"ClockADayAhead", clock_a_day_ahead},
      {"ClockAYearBack", clock_a_year_back},
      {"LateMessageBehindAPausedCrm", late_message_behind_a_paused_crm},
      {"LateMessagesInNarrowWindows", late_messages_in_narrow_windows},
      {"LateMessagesInNarrowWindowsOverRestarts", late_messages_in_narrow_windows_over_restarts},
      {"LongHistoryOverABadLine", long_history_over_a_bad_line},
      {"DiskFullForAnHour", disk_full_for_an_hour},
      {"BadMessagesOfTheOnlyUser", bad_messages_of_the_only_user},
      {"LostAnswersWhereLargerSetsAreRefused", lost_answers_where_larger_sets_are_refused},
  };
  return all;
}

}  // namespace elit::sim
