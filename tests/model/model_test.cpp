#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/model/checker.hpp"

// A model of a message's way from the source to the CRM, small enough to try every interleaving. Messages appear, some
// of them late. Pages are read, staged and committed with coverage. Batches are formed, made durable and sent. Answers
// come, are partial, are lost, or refuse a batch as too large. The process dies at any point and starts again. A
// request without an answer may arrive later, also after its successor: once the sink repeats it, for CRMs with keys;
// for the others the sink waits as long as a request may take (DeliverySettings::late_arrival).
//
// The reader's decisions are those of the product's own Pager and WindowPlanner. The store, the sink and the CRM are
// modelled: a job of the store happens at once and as a whole or not at all, and its caller gets the result only then,
// as a group commit promises. The model's sink may form any batch that keeps the order, so it covers more cases than
// the product's Delivery. Not modelled: several readers of one user, parts of windows, polls that prove nothing, dead
// letters, pauses, a source that deletes.
namespace elit::model {
namespace {

World two_of_one_user() {
  World world;
  world.name = "two messages of one user, late ones among them";
  world.user_of = {0, 0};
  world.instants = {0, 1};
  world.delay_max = settle + lookback;
  world.end = 3;
  world.crashes_max = 2;
  return world;
}

World three_of_two_users() {
  World world;
  world.name = "three messages of two users";
  world.user_of = {0, 1, 0};
  world.instants = {0, 0, 0};
  world.end = 1;
  world.page_asked = 2;
  world.crashes_max = 2;
  return world;
}

World three_of_one_user() {
  World world;
  world.name = "three messages of one user, pages of two, newest first, and a CRM that takes two at a time";
  world.user_of = {0, 0, 0};
  world.instants = {0, 0, 1};
  world.end = 2;
  world.page_asked = 2;
  world.page_given = 2;
  world.newest_first = true;
  world.batch_max = 2;
  world.crashes_max = 2;
  return world;
}

World capped_pages() {
  World world;
  world.name = "two messages of one user, pages shorter than asked for, and a CRM that takes one at a time";
  world.user_of = {0, 0};
  world.instants = {0, 0};
  world.delay_max = 1;
  world.end = 2;
  world.page_asked = 2;
  world.batch_max = 1;
  world.crashes_max = 2;
  return world;
}

World one_message() {
  World world;
  world.name = "one message, late or not";
  world.user_of = {0};
  world.instants = {1};
  world.delay_max = settle + lookback;
  world.end = 4;
  world.crashes_max = 1;
  return world;
}

World two_at_once() {
  World world;
  world.name = "two messages of one user at once";
  world.user_of = {0, 0};
  world.instants = {0, 0};
  world.end = 1;
  world.crashes_max = 1;
  return world;
}

World two_looked_up() {
  World world = two_at_once();
  world.crashes_max = 2;
  world.name = "two messages of one user, and a CRM in which the sink looks for what may be there";
  world.receiver = Receiver::looked_up;
  return world;
}

World two_rewritten() {
  World world = two_at_once();
  world.crashes_max = 2;
  world.name = "two messages of one user, and a CRM that keeps the last transcript it got";
  world.receiver = Receiver::rewritten;
  return world;
}

// The small ones first, because an error is looked for until a world shows it.
std::vector<World> worlds() {
  return {one_message(),  two_at_once(),     two_looked_up(),     two_rewritten(),
          capped_pages(), two_of_one_user(), three_of_one_user(), three_of_two_users()};
}

TEST(ModelTest, KeepsEveryPromiseInEveryState) {
  for (const World& world : worlds()) {
    const Examination done = examine(world, DesignError::none);
    std::cout << world.name << ": " << done.states << " states, " << done.transitions << " steps between them, depth "
              << done.depth << ", " << done.ends << " ends\n";
    EXPECT_EQ(done.failure, "") << world.name << "\n" << to_text(done);
    EXPECT_GT(done.states, 1'000U) << "a world in which little can happen";
    EXPECT_GT(done.ends, 0U);
  }
}

TEST(ModelTest, LosesOrDoublesWhatArrivesLateIfTheSinkDoesNotWaitForIt) {
  const Examination twice = examine(two_looked_up(), DesignError::late_arrival_not_waited_for);
  EXPECT_EQ(twice.failure, "the CRM has a message twice") << to_text(twice);
  const Examination lost = examine(two_rewritten(), DesignError::late_arrival_not_waited_for);
  EXPECT_EQ(lost.failure, "a message counts as delivered and the CRM does not have it") << to_text(lost);
}

class ModelWithAnErrorTest : public testing::TestWithParam<DesignError> {};

TEST_P(ModelWithAnErrorTest, IsFoundToBreakAPromise) {
  for (const World& world : worlds()) {
    const Examination done = examine(world, GetParam());
    if (!done.failure.empty()) {
      EXPECT_FALSE(done.trace.empty());
      if (std::getenv("ELITBUZZ_SYNC_MODEL_TRACE") != nullptr) {
        std::cout << name_of(GetParam()) << ", " << world.name << ":\n" << to_text(done);
      }
      return;
    }
  }
  ADD_FAILURE() << "nobody would notice this error";
}

INSTANTIATE_TEST_SUITE_P(Each, ModelWithAnErrorTest, testing::ValuesIn(design_errors),
                         [](const auto& each) { return std::string(name_of(each.param)); });

}  // namespace
}  // namespace elit::model
