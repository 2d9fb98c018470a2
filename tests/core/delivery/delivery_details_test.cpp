#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <variant>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "tests/core/delivery/delivery_rig.hpp"

namespace elit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

TEST(DeliveryDetailsTest, KnowsWhichBatchMayHaveArrivedBefore) {
  DeliveryRig rig(delivery_settings());
  rig.store(1, 1);
  const auto first = rig.step_within(seconds{2});
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->lost_before);
  DeliveryAnswer refused = DeliveryRig::whole(Verdict::retry);
  rig.answer(*first, refused);
  const auto second = rig.step_within(minutes{1});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->lost_before) << "it was not lost";
  refused.whole = Verdict::unknown;
  rig.answer(*second, refused);
  const auto third = rig.step_within(minutes{1});
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->lost_before);
}

TEST(DeliveryDetailsTest, PassesNoMessageInItsScanBeforeTheBatchIsCreated) {
  Delivery machine(delivery_settings(1), 1);
  const Now now{from_ms(1'769'850'902'345), SteadyTime{Milliseconds{5'000}}};
  machine.start({}, 0, now);
  ASSERT_TRUE(std::holds_alternative<LoadHeldBack>(machine.next(now)));
  machine.on_held_back({}, now);
  ASSERT_TRUE(std::holds_alternative<ScanPending>(machine.next(now)));
  PendingMessage message;
  message.id = 7;
  message.user = 1;
  machine.on_pending({message}, now);
  const DeliveryAction action = machine.next(now);
  const auto* send = std::get_if<SendBatch>(&action);
  ASSERT_NE(send, nullptr);
  const DeliveryAction before = machine.next(now);
  if (const auto* scanned = std::get_if<RecordScanned>(&before)) {
    EXPECT_LT(scanned->to, 7);
  }
  machine.on_begun(send->batch, 100);
  DeliveryAction after = machine.next(now);
  const auto* scanned = std::get_if<RecordScanned>(&after);
  ASSERT_NE(scanned, nullptr);
  EXPECT_EQ(scanned->to, 7);
}

TEST(DeliveryDetailsTest, ProbesAPeerThatRefusesEverythingLessAndLessOften) {
  DeliverySettings few = delivery_settings(10);
  few.dead_letters.pause_after = 3;
  few.retry.first = seconds{1};
  few.retry.max = seconds{8};
  DeliveryRig rig(few);
  for (DeliveryMessageId id = 1; id <= 20; ++id) {
    rig.store(id, id);
  }
  rig.answer(*rig.step(), DeliveryRig::each(std::vector(10, Verdict::rejected)));
  ASSERT_EQ(rig.summary().state, SinkState::refusing);
  std::vector<Milliseconds> distances;
  for (SteadyTime before = rig.now.steady; distances.size() < 5; before = rig.now.steady) {
    const auto probe = rig.step_within(minutes{1});
    ASSERT_TRUE(probe);
    distances.push_back(rig.now.steady - before);
    rig.answer(*probe, DeliveryRig::each({Verdict::rejected}));
  }
  EXPECT_THAT(distances, ElementsAre(seconds{1}, seconds{2}, seconds{4}, seconds{8}, seconds{8}));
}

TEST(DeliveryDetailsTest, RepeatsWhatFailedBeforeItSendsWhatIsNew) {
  DeliveryRig rig(delivery_settings(1, 1));
  rig.store(1, 1);
  const auto first = rig.step();
  ASSERT_TRUE(first);
  rig.answer(*first, DeliveryRig::whole(Verdict::retry));
  rig.store(2, 2);
  rig.pass(minutes{1});
  const auto second = rig.step();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->messages, first->messages);
}

TEST(DeliveryDetailsTest, SendsAtOnceWhatHasNoRoomForTheNextMessage) {
  DeliverySettings small = delivery_settings();
  small.batch.bytes = 25;
  DeliveryRig rig(small);
  for (DeliveryMessageId id = 1; id <= 3; ++id) {
    rig.store(id, id, 10);
  }
  rig.store(4, 4, 3);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  EXPECT_THAT(send->messages, ElementsAre(1, 2));
}

TEST(DeliveryDetailsTest, RecordsWhatComesBehindABatchThatFailed) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 9);
  rig.answer(*rig.step(), DeliveryRig::each({Verdict::delivered}));
  rig.store(2, 1);
  rig.store(3, 2);
  const auto failing = rig.step();
  const auto sound = rig.step();
  ASSERT_TRUE(failing && sound);
  rig.answer(*failing, DeliveryRig::whole(Verdict::retry));
  rig.answer(*sound, DeliveryRig::accepted(*sound));
  rig.store(4, 1);
  static_cast<void>(rig.step());
  EXPECT_THAT(rig.held, ElementsAre(4));
}

}  // namespace
}  // namespace elit
