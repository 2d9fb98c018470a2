// An oracle that misses a fault would prove nothing: each of its questions is asked where the answer is no.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sim/oracle.hpp"
#include "tests/sim/scenarios.hpp"
#include "tests/sim/status_watch.hpp"

namespace elit::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Plan quiet_with(Milliseconds when, std::function<void(daemon::Stage&)> act) {
  Plan plan = quiet_plan();
  plan.incidents.push_back({when, "a fault", std::move(act)});
  return plan;
}

void crm_down(daemon::Stage& stage) {
  stage.sink(0).faults().down.on = true;
}

TEST(OracleTest, NoticesThatSomethingHealthyWaits) {
  Plan plan = quiet_with(hours{12}, crm_down);
  EXPECT_THAT(perform(plan).broken, IsEmpty());
  plan.concern = concerns_nothing;
  EXPECT_THAT(perform(plan).broken, Contains(HasSubstr("a message that no fault concerns took")));
}

TEST(OracleTest, AllowsWhatTheFaultConcernsToWait) {
  Plan plan = quiet_with(hours{12}, crm_down);
  plan.concern = [](daemon::Stage&, std::size_t, std::size_t sink, const std::string&) { return sink == 0; };
  EXPECT_THAT(perform(plan).broken, IsEmpty());
}

TEST(OracleTest, LooksAtTheStatusWhileMessagesWait) {
  EXPECT_EQ(perform(quiet_with(hours{47}, [](daemon::Stage&) {})).waits_judged, 0);
  EXPECT_GT(perform(quiet_with(hours{12}, crm_down)).waits_judged, 20);
}

// Runs two days in which the CRM is down from the twelfth hour on.
void look_for_two_days(StatusWatch& watch) {
  daemon::Stage stage(quiet_plan().stage);
  for (simulator::User& user : stage.source(0).world().users()) {
    user.attributes.emplace_back("followed", "yes");
  }
  const SteadyTime begin = stage.time().now().steady;
  for (Milliseconds at{0}; at < hours{48}; at += minutes{20}) {
    stage.run_until(begin + at);
    if (at == hours{12}) {
      crm_down(stage);
    }
    watch.look(stage);
  }
}

TEST(StatusWatchTest, IsContentWhenStatusNamesTheSink) {
  StatusWatch watch;
  look_for_two_days(watch);
  EXPECT_GT(watch.judged(), 50);
  EXPECT_THAT(watch.unnamed(), IsEmpty());
}

TEST(StatusWatchTest, NoticesAStatusThatIsSilentOrNamesAnother) {
  for (const std::vector<std::string>& problems : {std::vector<std::string>{}, {"sink other: failing"}}) {
    StatusWatch watch([&problems](daemon::Stage&) { return problems; });
    look_for_two_days(watch);
    EXPECT_THAT(watch.unnamed(), Contains(HasSubstr("status named neither support nor crm")));
  }
}

}  // namespace
}  // namespace elit::sim
