#include "core/delivery/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/core/delivery/delivery_rig.hpp"

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

// A rig whose peer has answered once, so that several requests may be in flight.
void prove(DeliveryRig& rig) {
  rig.store(1, 1'000);
  const auto send = rig.step_within(seconds{2});
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::accepted(*send));
}

TEST(DeliveryTest, WaitsForABatchToFill) {
  DeliveryRig rig(delivery_settings(3));
  rig.store(1, 1);
  rig.store(2, 2);
  EXPECT_FALSE(rig.step());
  EXPECT_EQ(rig.wake_up, rig.now.steady + seconds{1});
  rig.store(3, 3);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  EXPECT_THAT(send->messages, ElementsAre(1, 2, 3));
}

TEST(DeliveryTest, SendsWhatItHasAfterTheWait) {
  DeliveryRig rig(delivery_settings(3));
  rig.store(1, 1);
  EXPECT_FALSE(rig.step());
  rig.pass(seconds{1});
  const auto send = rig.step();
  ASSERT_TRUE(send);
  EXPECT_THAT(send->messages, ElementsAre(1));
  EXPECT_FALSE(send->stored);
}

TEST(DeliveryTest, SendsAtOnceInAHurry) {
  DeliveryRig rig(delivery_settings());
  rig.machine.hurry(true);
  rig.store(1, 1);
  EXPECT_TRUE(rig.step());
}

TEST(DeliveryTest, KeepsTheBytesOfABatchInBounds) {
  DeliverySettings bounded = delivery_settings();
  bounded.batch.bytes = 100;
  DeliveryRig rig(bounded);
  rig.store(1, 1, 60);
  rig.store(2, 2, 60);
  rig.store(3, 3, 900);
  for (const DeliveryMessageId expected : {1, 2, 3}) {
    const auto send = rig.step_within(seconds{2});
    ASSERT_TRUE(send);
    EXPECT_THAT(send->messages, ElementsAre(expected));
    rig.answer(*send, DeliveryRig::accepted(*send));
  }
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.summary().settled);
}

TEST(DeliveryTest, StartsWithOneRequestUntilThePeerIsProven) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  rig.store(2, 2);
  rig.store(3, 3);
  const auto first = rig.step();
  ASSERT_TRUE(first);
  EXPECT_FALSE(rig.step());
  rig.answer(*first, DeliveryRig::accepted(*first));
  EXPECT_TRUE(rig.step());
  EXPECT_TRUE(rig.step());
}

TEST(DeliveryTest, KeepsAUserToOneRequestAtATime) {
  DeliveryRig rig(delivery_settings(2));
  prove(rig);
  for (const DeliveryMessageId id : {2, 3, 4, 6}) {
    rig.store(id, 1);
  }
  rig.store(5, 2);
  const auto first = rig.step();
  ASSERT_TRUE(first);
  EXPECT_THAT(first->messages, ElementsAre(2, 3));
  const auto other = rig.step_within(seconds{2});
  ASSERT_TRUE(other);
  EXPECT_THAT(other->messages, ElementsAre(5));
  EXPECT_FALSE(rig.step_within(hours{1}));
  rig.answer(*first, DeliveryRig::accepted(*first));
  const auto second = rig.step();
  ASSERT_TRUE(second);
  EXPECT_THAT(second->messages, ElementsAre(4, 6));
}

TEST(DeliveryTest, RepeatsAFailedBatchAsTheSameSet) {
  DeliveryRig rig(delivery_settings(2));
  rig.store(1, 1);
  rig.store(2, 2);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::whole(Verdict::retry));
  ASSERT_EQ(rig.failures.size(), 1U);
  EXPECT_TRUE(rig.failures[0].charged);
  EXPECT_EQ(rig.summary().state, SinkState::failing);
  rig.store(3, 3);
  EXPECT_FALSE(rig.step());
  const auto again = rig.step_within(seconds{1});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->batch, send->batch);
  EXPECT_TRUE(again->stored);
  EXPECT_EQ(again->messages, send->messages);
  EXPECT_FALSE(rig.step_within(hours{1})) << "one probe at a time";
  rig.answer(*again, DeliveryRig::accepted(*again));
  EXPECT_EQ(rig.outcomes[1].attempts, 2);
  EXPECT_EQ(rig.summary().state, SinkState::running);
}

TEST(DeliveryTest, SendsNothingBeforeRetryAfter) {
  DeliveryRig rig(delivery_settings(1));
  prove(rig);
  rig.store(2, 2);
  rig.store(3, 3);
  rig.store(4, 4);
  const auto one = rig.step();
  const auto two = rig.step();
  ASSERT_TRUE(one && two);
  const SteadyTime told = rig.now.steady;
  rig.answer(*one, DeliveryRig::whole(Verdict::throttled, Milliseconds{minutes{4}}));
  rig.answer(*two, DeliveryRig::accepted(*two));
  EXPECT_FALSE(rig.failures.at(0).charged);
  EXPECT_EQ(rig.failures.at(0).not_before, rig.now.wall + minutes{4});
  EXPECT_TRUE(rig.step_within(hours{1}));
  EXPECT_EQ(rig.now.steady, told + minutes{4});
}

TEST(DeliveryTest, ObeysARetryAfterFromBeforeTheStart) {
  DeliveryRig rig(delivery_settings());
  OpenBatch open;
  open.id = 7;
  open.messages = {1};
  open.users = {1};
  open.sizes_bytes = {10};
  open.not_before = rig.now.wall + minutes{4};
  rig.open = {open};
  const SteadyTime started = rig.now.steady;
  EXPECT_TRUE(rig.step_within(hours{1}));
  EXPECT_EQ(rig.now.steady, started + minutes{4});
}

TEST(DeliveryTest, HoldsLaterMessagesBackBehindARetry) {
  DeliveryRig rig(delivery_settings(2));
  prove(rig);
  rig.store(2, 1);
  rig.store(3, 2);
  rig.store(4, 1);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  EXPECT_THAT(send->messages, ElementsAre(2, 4));
  rig.answer(*send, DeliveryRig::each({Verdict::retry, Verdict::delivered}));
  rig.store(5, 1);
  rig.store(6, 3);
  const auto others = rig.step();
  ASSERT_TRUE(others);
  EXPECT_THAT(others->messages, ElementsAre(3, 6));
  EXPECT_THAT(rig.held, ElementsAre(5)) << "the scan may pass it";
  const auto again = rig.step_within(seconds{3});
  ASSERT_TRUE(again);
  EXPECT_THAT(again->messages, ElementsAre(2)) << "those behind it wait until it is accepted";
  rig.answer(*again, DeliveryRig::accepted(*again));
  EXPECT_EQ(rig.outcomes[2].attempts, 2);
}

TEST(DeliveryTest, DoesNotTakeAnUnmentionedMessageForDelivered) {
  DeliveryRig rig(delivery_settings(2));
  rig.store(1, 1);
  rig.store(2, 2);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::each({Verdict::delivered, Verdict::unmentioned}));
  EXPECT_EQ(rig.state(1), DeliveryState::delivered);
  EXPECT_EQ(rig.state(2), DeliveryState::pending);
  EXPECT_FALSE(rig.summary().settled);
}

TEST(DeliveryTest, HalvesABatchThatIsTooLargeDownToTheDeadLetter) {
  DeliveryRig rig(delivery_settings(4));
  for (const DeliveryMessageId id : {1, 2, 3, 4}) {
    rig.store(id, 1);
  }
  int requests = 0;
  while (const auto send = rig.step_within(seconds{2})) {
    ++requests;
    const bool holds_culprit = std::find(send->messages.begin(), send->messages.end(), 3) != send->messages.end();
    rig.answer(*send, holds_culprit ? DeliveryRig::whole(Verdict::too_large) : DeliveryRig::accepted(*send));
  }
  EXPECT_EQ(requests, 5);
  EXPECT_EQ(rig.state(3), DeliveryState::dead);
  EXPECT_EQ(rig.outcomes[3].error, "why");
  for (const DeliveryMessageId id : {1, 2, 4}) {
    EXPECT_EQ(rig.state(id), DeliveryState::delivered);
  }
}

TEST(DeliveryTest, FindsTheCulpritOfARefusedBatchInOrder) {
  DeliveryRig rig(delivery_settings(8));
  for (DeliveryMessageId id = 1; id <= 8; ++id) {
    rig.store(id, 1);
  }
  std::vector<DeliveryMessageId> order;
  while (const auto send = rig.step_within(seconds{2})) {
    const bool refused = std::find(send->messages.begin(), send->messages.end(), 2) != send->messages.end();
    if (!refused) {
      order.insert(order.end(), send->messages.begin(), send->messages.end());
    }
    rig.answer(*send, refused ? DeliveryRig::whole(Verdict::rejected_in_company) : DeliveryRig::accepted(*send));
  }
  EXPECT_THAT(order, ElementsAre(1, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(rig.state(2), DeliveryState::dead);
}

TEST(DeliveryTest, PausesWhenTheCredentialIsRefused) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  rig.store(2, 2);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::whole(Verdict::unauthorized));
  EXPECT_FALSE(rig.failures.at(0).charged);
  EXPECT_EQ(rig.summary().state, SinkState::credential);
  EXPECT_STREQ(to_string(rig.summary().state), "paused: credential");
  EXPECT_FALSE(rig.step());
  EXPECT_EQ(rig.secrets_asked, 1);
  EXPECT_FALSE(rig.step_within(seconds{14}));
  rig.pass(seconds{13});
  const auto probe = rig.step_within(seconds{2});
  ASSERT_TRUE(probe) << "an old secret is tried again too";
  EXPECT_FALSE(rig.step_within(minutes{10})) << "one probe at a time";
  rig.answer(*probe, DeliveryRig::whole(Verdict::unauthorized));
  EXPECT_FALSE(rig.step_within(seconds{10}));
  rig.secret_changes = true;
  const auto fresh = rig.step_within(seconds{16});
  ASSERT_TRUE(fresh) << "a new secret is tried before the next probe is due";
  rig.answer(*fresh, DeliveryRig::accepted(*fresh));
  EXPECT_EQ(rig.summary().state, SinkState::running);
  EXPECT_EQ(rig.outcomes[1].attempts, 1) << "a refused credential charges nothing";
}

TEST(DeliveryTest, ReadsARefusedSecretEveryTenSecondsAndProbesRarely) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  int requests = 0;
  const SteadyTime end = rig.now.steady + hours{1};
  while (rig.now.steady < end) {
    if (const auto send = rig.step_within(end - rig.now.steady)) {
      ++requests;
      rig.answer(*send, DeliveryRig::whole(Verdict::unauthorized));
    } else {
      break;
    }
  }
  EXPECT_GE(rig.secrets_asked, 350);
  EXPECT_LE(requests, 17);
  EXPECT_GE(requests, 12);
}

TEST(DeliveryTest, ARefusalOfTheOldSecretDoesNotDelayTheNewOne) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::whole(Verdict::unauthorized));
  const auto probe = rig.step_within(seconds{16});
  ASSERT_TRUE(probe);
  rig.secret_changes = true;
  EXPECT_FALSE(rig.step_within(seconds{11})) << "the probe is still under way while the secret is read";
  rig.answer(*probe, DeliveryRig::whole(Verdict::unauthorized));
  EXPECT_TRUE(rig.step_within(seconds{1}));
}

TEST(DeliveryTest, PausesWhenThePeerRedirects) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  const auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::whole(Verdict::misconfigured));
  EXPECT_EQ(rig.summary().state, SinkState::misconfigured);
  EXPECT_EQ(rig.summary().reason, "why");
  EXPECT_FALSE(rig.step());
  EXPECT_TRUE(rig.step_within(seconds{1})) << "a single message tries it soon, and ever more rarely";
  EXPECT_EQ(rig.secrets_asked, 0);
}

TEST(DeliveryTest, CountsRefusalsInResultsToo) {
  DeliverySettings few = delivery_settings(10);
  few.dead_letters.pause_after = 3;
  DeliveryRig rig(few);
  for (DeliveryMessageId id = 1; id <= 10; ++id) {
    rig.store(id, id);
  }
  auto send = rig.step();
  ASSERT_TRUE(send);
  rig.answer(*send, DeliveryRig::each(std::vector(10, Verdict::rejected)));
  EXPECT_EQ(rig.summary().state, SinkState::refusing);
  int dead = 0;
  for (const auto& [id, outcome] : rig.outcomes) {
    dead += outcome.state == DeliveryState::dead ? 1 : 0;
  }
  EXPECT_EQ(dead, 3);
  std::set<DeliveryMessageId> probed;
  for (int i = 0; i < 4; ++i) {
    send = rig.step_within(minutes{10});
    ASSERT_TRUE(send);
    ASSERT_EQ(send->messages.size(), 1U);
    probed.insert(send->messages[0]);
    rig.answer(*send, DeliveryRig::each({Verdict::rejected}));
    EXPECT_EQ(rig.state(send->messages[0]), DeliveryState::pending);
  }
  EXPECT_GT(probed.size(), 1U) << "one bad message must not be the only probe";
}

TEST(DeliveryTest, GivesUpAfterTheConfiguredTime) {
  DeliverySettings short_lived = delivery_settings(1);
  short_lived.retry.give_up_after = hours{1};
  DeliveryRig rig(short_lived);
  rig.store(1, 1);
  const SteadyTime began = rig.now.steady;
  while (const auto send = rig.step_within(hours{2})) {
    rig.answer(*send, DeliveryRig::whole(Verdict::retry));
  }
  EXPECT_EQ(rig.state(1), DeliveryState::dead);
  EXPECT_EQ(rig.outcomes[1].error, "why");
  EXPECT_GE(rig.now.steady - began, hours{1});
  EXPECT_LE(rig.now.steady - began, hours{1} + minutes{6});
}

TEST(DeliveryTest, NeverGivesUpWhenToldSo) {
  DeliverySettings patient = delivery_settings(1);
  patient.retry.give_up_after = Milliseconds{0};
  DeliveryRig rig(patient);
  rig.store(1, 1);
  for (int i = 0; i < 2'000; ++i) {
    const auto send = rig.step_within(hours{1});
    ASSERT_TRUE(send);
    rig.answer(*send, DeliveryRig::whole(Verdict::retry));
  }
  EXPECT_EQ(rig.state(1), DeliveryState::pending);
}

TEST(DeliveryTest, LetsOthersPassABatchThatAlwaysFails) {
  DeliveryRig rig(delivery_settings(1));
  for (DeliveryMessageId id = 1; id <= 50; ++id) {
    rig.store(id, id);
  }
  for (int i = 0; i < 500; ++i) {
    const auto send = rig.step_within(minutes{6});
    if (!send) {
      break;
    }
    const bool poison = send->messages[0] == 1;
    rig.answer(*send, poison ? DeliveryRig::whole(Verdict::retry) : DeliveryRig::accepted(*send));
  }
  for (DeliveryMessageId id = 2; id <= 50; ++id) {
    EXPECT_EQ(rig.state(id), DeliveryState::delivered) << id;
  }
  EXPECT_EQ(rig.state(1), DeliveryState::pending);
}

TEST(DeliveryTest, RepeatsTheBatchesOfTheRunBefore) {
  DeliveryRig rig(delivery_settings());
  OpenBatch waiting;
  waiting.id = 7;
  waiting.messages = {3, 4};
  waiting.users = {3, 4};
  waiting.sizes_bytes = {10, 10};
  OpenBatch unknown;
  unknown.id = 8;
  unknown.messages = {1, 2};
  unknown.users = {1, 1};
  unknown.sizes_bytes = {10, 10};
  unknown.answer_lost = true;
  rig.open = {waiting, unknown};
  rig.batched = {1, 2, 3, 4};
  rig.scanned_to = 4;
  const auto first = rig.step();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->stored, 8);
  EXPECT_TRUE(first->lost_before);
  EXPECT_THAT(first->messages, ElementsAre(1, 2));
  rig.answer(*first, DeliveryRig::accepted(*first));
  const auto second = rig.step();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->stored, 7);
  EXPECT_FALSE(second->lost_before);
}

TEST(DeliveryTest, IsNotBlockedByAMessagePutInLineAmongThoseOfAnOpenBatch) {
  DeliveryRig rig(delivery_settings());
  OpenBatch open;
  open.id = 7;
  open.messages = {1, 9};
  open.users = {1, 1};
  open.sizes_bytes = {10, 10};
  rig.open = {open};
  rig.batched = {1, 9};
  rig.scanned_to = 9;
  rig.store(5, 1);
  rig.outcomes[5].state = DeliveryState::pending;
  std::vector<DeliveryMessageId> sent;
  while (const auto send = rig.step_within(seconds{5})) {
    sent.insert(sent.end(), send->messages.begin(), send->messages.end());
    rig.answer(*send, DeliveryRig::accepted(*send));
  }
  EXPECT_THAT(sent, ElementsAre(1, 9, 5));
}

TEST(DeliveryTest, LooksOnlySoFarAhead) {
  DeliveryRig rig(delivery_settings(10));
  for (DeliveryMessageId id = 1; id <= 50'000; ++id) {
    rig.store(id, 1);
  }
  const auto send = rig.step();
  ASSERT_TRUE(send);
  EXPECT_LE(rig.summary().waiting, 8'192U);
  EXPECT_FALSE(rig.summary().settled);
}

}  // namespace
}  // namespace elit
