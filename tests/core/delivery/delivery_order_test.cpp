#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/delivery/delivery_rig.hpp"

// The order of a user's messages when one is found late.
namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;

TEST(DeliveryOrderTest, SendsALateMessageBeforeNewerOnesThatWaitWithIt) {
  DeliveryRig rig(delivery_settings(10, 2));
  rig.store(1, 1, 10, from_ms(20'000));
  rig.store(2, 1, 10, from_ms(10'000));
  rig.store(3, 1, 10, from_ms(20'000));
  const auto send = rig.step_within(seconds{2});
  ASSERT_TRUE(send);
  EXPECT_THAT(send->messages, ElementsAre(2, 1, 3));
}

TEST(DeliveryOrderTest, RepeatsAFailedBatchAfterALateMessageThatIsOlder) {
  DeliveryRig rig(delivery_settings(1, 2));
  rig.store(1, 1, 10, from_ms(20'000));
  const auto newer = rig.step();
  ASSERT_TRUE(newer);
  rig.answer(*newer, DeliveryRig::whole(Verdict::retry));
  rig.store(2, 1, 10, from_ms(10'000));
  const auto late = rig.step_within(hours{1});
  ASSERT_TRUE(late);
  EXPECT_THAT(late->messages, ElementsAre(2));
  rig.answer(*late, DeliveryRig::accepted(*late));
  const auto again = rig.step_within(hours{1});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->batch, newer->batch);
}

TEST(DeliveryOrderTest, TakesUpABatchAndItsLateElderAfterARestart) {
  DeliveryRig rig(delivery_settings(1, 2));
  OpenBatch open;
  open.id = 1;
  open.messages = {1};
  open.users = {1};
  open.sizes_bytes = {10};
  open.dates = {from_ms(20'000)};
  rig.open = {open};
  rig.batched = {1};
  rig.store(1, 1, 10, from_ms(20'000));
  rig.store(2, 1, 10, from_ms(10'000));
  const auto first = rig.step_within(hours{1});
  ASSERT_TRUE(first);
  EXPECT_THAT(first->messages, ElementsAre(2));
}

}  // namespace
}  // namespace elit
