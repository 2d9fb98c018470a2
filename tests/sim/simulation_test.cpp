// Runs the whole daemon through days of faults, from fixed seeds. `./dev simulate --seed N --days 3 --aloud` prints the
// events of one seed; `./dev soak simulation` tries new seeds.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tests/sim/oracle.hpp"
#include "tests/sim/scenarios.hpp"

namespace elit::sim {
namespace {

constexpr int days = 3;
constexpr std::uint64_t seeds_per_test = 25;

std::string complaints(const Summary& summary) {
  std::string lines;
  for (const std::string& line : summary.broken) {
    lines += "  " + line + '\n';
  }
  return lines;
}

class SimulationSeedsTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulationSeedsTest, KeepEveryPromise) {
  for (std::uint64_t seed = GetParam(); seed < GetParam() + seeds_per_test; ++seed) {
    const Summary summary = perform(make_plan(seed, days));
    EXPECT_TRUE(summary.broken.empty()) << "./dev simulate --seed " << seed << " --days " << days << " --aloud\n"
                                        << complaints(summary);
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, SimulationSeedsTest, testing::Range<std::uint64_t>(1, 201, seeds_per_test),
                         [](const auto& seeds) { return "From" + std::to_string(seeds.param); });

class SimulationScenariosTest : public testing::TestWithParam<Scenario> {};

TEST_P(SimulationScenariosTest, EndWell) {
  const Summary summary = perform(GetParam().plan());
  EXPECT_TRUE(summary.broken.empty()) << complaints(summary);
  EXPECT_GT(summary.messages, 100U);
}

INSTANTIATE_TEST_SUITE_P(Simulation, SimulationScenariosTest, testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });

TEST(SimulationTest, IsTheSameEachTime) {
  for (const std::uint64_t seed : {3U, 8U}) {
    const Summary one = perform(make_plan(seed, days));
    const Summary other = perform(make_plan(seed, days));
    EXPECT_EQ(one.trace, other.trace);
    EXPECT_EQ(one.steps, other.steps);
    EXPECT_GT(one.steps, 500U);
  }
}

TEST(SimulationTest, DiffersFromSeedToSeed) {
  EXPECT_NE(perform(make_plan(3, 1)).trace, perform(make_plan(4, 1)).trace);
}

void send_again(daemon::Stage& stage) {
  const simulator::Received& message = stage.sink(0).received().front();
  HttpRequest request;
  request.method = "POST";
  request.target = "/conversations";
  request.headers = {{"Authorization", "rehearsal-sink-" + stage.options().sinks[0].name},
                     {"Idempotency-Key", "other"}};
  const boost::json::object copy{{"key", "0123456789abcdef0123456789abcdef"},
                                 {"source", message.source},
                                 {"user_id", message.user_id},
                                 {"timestamp", message.timestamp},
                                 {"text", message.content},
                                 {"raw", boost::json::object{}}};
  request.body = boost::json::serialize(boost::json::object{{"messages", boost::json::array{copy}}});
  ASSERT_EQ(stage.sink(0).answer(request, stage.time().truth(), Milliseconds{0}).answer.status, 200);
}

// An oracle that misses a loss would prove nothing.
TEST(SimulationTest, NoticesALoss) {
  Plan plan = make_plan(3, days);
  plan.incidents.clear();
  plan.incidents.push_back({std::chrono::hours{5}, "a message that nobody will find", [](daemon::Stage& stage) {
                              simulator::World& world = stage.source(0).world();
                              const Instant past = stage.time().truth() - std::chrono::hours{30};
                              world.add_message(world.users().front(), past, stage.time().truth(), "lost");
                            }});
  const Summary summary = perform(plan);
  EXPECT_FALSE(summary.broken.empty());
}

TEST(SimulationTest, NoticesADouble) {
  Plan plan = make_plan(3, days);
  plan.incidents.clear();
  plan.incidents.push_back({std::chrono::hours{30}, "a message that comes again under another key", send_again});
  const Summary summary = perform(plan);
  EXPECT_FALSE(summary.broken.empty());
}

}  // namespace
}  // namespace elit::sim
