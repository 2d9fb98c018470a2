#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/delivery/delivery.hpp"
#include "tests/core/delivery/delivery_rig.hpp"

// Whether the address is wrong or a message, and how long a receiver may ask to wait.
namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using enum Verdict;

DeliverySettings settings(int messages) {
  DeliverySettings made;
  made.batch.messages = messages;
  made.batch.wait = seconds{1};
  made.concurrency = 4;
  return made;
}

DeliveryAnswer refused(bool elsewhere) {
  DeliveryAnswer answer = DeliveryRig::whole(rejected_in_company);
  answer.elsewhere = elsewhere;
  return answer;
}

void store(DeliveryRig& rig, int users) {
  const auto first = static_cast<DeliveryMessageId>(rig.messages.size()) + 1;
  for (DeliveryMessageId id = first; id < first + 10 * users; ++id) {
    rig.store(id, id % users);
  }
}

int dead(const DeliveryRig& rig) {
  return static_cast<int>(std::count_if(rig.outcomes.begin(), rig.outcomes.end(), [](const auto& outcome) {
    return outcome.second.state == DeliveryState::dead;
  }));
}

// Every request gets `answer` for so long; returns their number.
int refuse_all(DeliveryRig& rig, const DeliveryAnswer& answer, Milliseconds time) {
  int requests = 0;
  const SteadyTime end = rig.now.steady + time;
  while (const auto send = rig.step_within(end - rig.now.steady)) {
    ++requests;
    rig.answer(*send, answer);
  }
  return requests;
}

void accept_all(DeliveryRig& rig, Milliseconds time) {
  const SteadyTime end = rig.now.steady + time;
  while (const auto send = rig.step_within(end - rig.now.steady)) {
    rig.answer(*send, DeliveryRig::accepted(*send));
  }
}

class DeliveryAddressTest : public testing::TestWithParam<bool> {};

TEST_P(DeliveryAddressTest, PausesAfterAFewRequestsAndKillsNothing) {
  DeliveryRig rig(settings(50));
  store(rig, 6);
  const int requests = refuse_all(rig, refused(GetParam()), seconds{2});
  EXPECT_EQ(rig.summary().state, SinkState::misconfigured);
  EXPECT_EQ(rig.summary().reason, "every request is refused: why");
  EXPECT_LE(requests, GetParam() ? 5 : 12);
  EXPECT_LE(refuse_all(rig, refused(GetParam()), hours{1}), 25) << "probes grow rare";
  EXPECT_EQ(dead(rig), 0);
  accept_all(rig, minutes{6});
  EXPECT_TRUE(rig.summary().settled);
  EXPECT_EQ(dead(rig), 0);
}

TEST_P(DeliveryAddressTest, IsToldFromABadMessageAlsoAfterMessagesWereAccepted) {
  DeliveryRig rig(settings(50));
  store(rig, 6);
  accept_all(rig, minutes{1});
  store(rig, 6);
  refuse_all(rig, refused(GetParam()), seconds{20});
  EXPECT_EQ(dead(rig), 0);
  EXPECT_EQ(rig.summary().state, SinkState::misconfigured);
  accept_all(rig, minutes{2});
  EXPECT_TRUE(rig.summary().settled);
}

TEST_P(DeliveryAddressTest, IsNotToBlameForOneBadMessage) {
  DeliveryRig rig(settings(50));
  store(rig, 6);
  const SteadyTime end = rig.now.steady + minutes{1};
  while (const auto send = rig.step_within(end - rig.now.steady)) {
    const bool bad = std::find(send->messages.begin(), send->messages.end(), 17) != send->messages.end();
    rig.answer(*send, bad ? refused(GetParam()) : DeliveryRig::accepted(*send));
  }
  EXPECT_TRUE(rig.summary().settled);
  EXPECT_EQ(rig.state(17), DeliveryState::dead);
  EXPECT_EQ(dead(rig), 1);
}

INSTANTIATE_TEST_SUITE_P(WrongAddress, DeliveryAddressTest, testing::Bool());

TEST(DeliveryTest, ALoneMessageDiesAtOnceOnlyIfTheAnswerIsAboutIt) {
  for (const bool elsewhere : {false, true}) {
    DeliveryRig rig(settings(50));
    rig.store(1, 1);
    accept_all(rig, seconds{5});
    rig.store(2, 1);
    const auto send = rig.step_within(seconds{2});
    ASSERT_TRUE(send);
    rig.answer(*send, refused(elsewhere));
    EXPECT_EQ(rig.state(2), elsewhere ? DeliveryState::pending : DeliveryState::dead);
  }
}

TEST(DeliveryTest, TheFirstMessageOfTheOnlyUserDiesWithoutAPause) {
  DeliveryRig rig(settings(50));
  rig.store(1, 1);
  accept_all(rig, seconds{5});
  for (DeliveryMessageId id = 2; id <= 20; ++id) {
    rig.store(id, 1);
  }
  const SteadyTime end = rig.now.steady + minutes{1};
  while (const auto send = rig.step_within(end - rig.now.steady)) {
    rig.answer(*send, send->messages.front() == 2 ? refused(false) : DeliveryRig::accepted(*send));
  }
  EXPECT_TRUE(rig.summary().settled);
  EXPECT_EQ(rig.state(2), DeliveryState::dead);
  EXPECT_EQ(dead(rig), 1);
}

// The first user's messages are a set too large, then fail by themselves, then the address is gone. Others are accepted
// in between.
TEST(DeliveryTest, NothingDiesOfAnAddressThatIsGoneBecauseItFailedInAnotherWayBefore) {
  for (const bool elsewhere : {false, true}) {
    DeliveryRig rig(settings(4));
    for (DeliveryMessageId id = 1; id <= 4; ++id) {
      rig.store(id, 1);
    }
    const auto deliver = [&rig](Milliseconds time, const DeliveryAnswer& of_first_user) {
      const SteadyTime end = rig.now.steady + time;
      while (const auto send = rig.step_within(end - rig.now.steady)) {
        const bool is_first = send->messages.front() <= 4;
        rig.answer(*send, is_first ? of_first_user : DeliveryRig::accepted(*send));
      }
    };
    const auto first = rig.step_within(minutes{1});
    ASSERT_TRUE(first);
    rig.answer(*first, elsewhere ? refused(true) : DeliveryRig::whole(too_large));
    for (DeliveryMessageId id = 5; id <= 20; ++id) {
      rig.store(id, id);
    }
    deliver(minutes{10}, DeliveryRig::whole(retry));
    EXPECT_EQ(dead(rig), 0);
    refuse_all(rig, refused(true), minutes{5});
    EXPECT_EQ(dead(rig), 0) << elsewhere;
    accept_all(rig, hours{2});
    EXPECT_TRUE(rig.summary().settled);
  }
}

TEST(DeliveryTest, RecordsRefusedByTheStatusAloneWaitForAProof) {
  DeliveryRig rig(settings(10));
  store(rig, 2);
  int requests = 0;
  for (; requests < 6; ++requests) {
    const auto send = rig.step_within(seconds{3});
    if (!send) {
      break;
    }
    DeliveryAnswer answer = DeliveryRig::each(std::vector(send->messages.size(), rejected));
    for (MessageAnswer& message : answer.messages) {
      message.by_status = true;
    }
    rig.answer(*send, answer);
  }
  EXPECT_EQ(dead(rig), 0);
  EXPECT_EQ(rig.summary().state, SinkState::misconfigured);
  accept_all(rig, minutes{10});
  EXPECT_TRUE(rig.summary().settled);
}

TEST(DeliveryTest, ARecordRefusedByTheStatusBesideAcceptedOnesIsDead) {
  DeliveryRig rig(settings(2));
  rig.store(1, 1);
  rig.store(2, 2);
  DeliveryAnswer answer = DeliveryRig::each({delivered, rejected});
  answer.messages[1].by_status = true;
  rig.answer(rig.step().value(), answer);
  EXPECT_EQ(rig.state(2), DeliveryState::dead);
}

TEST(DeliverySilenceTest, IsTriedByOneRequestAfterTheLongestPauseOfOurs) {
  DeliveryRig rig(settings(1));
  store(rig, 4);
  accept_all(rig, seconds{1});
  store(rig, 4);
  const SteadyTime told = rig.now.steady;
  rig.answer(rig.step().value(), DeliveryRig::whole(throttled, Milliseconds{seconds{30'000}}));
  EXPECT_EQ(rig.summary().held_until, told + hours{1}) << "nobody waits for longer than an hour";
  const auto probe = rig.step_within(hours{2});
  ASSERT_TRUE(probe);
  EXPECT_EQ(rig.now.steady, told + minutes{5});
  EXPECT_FALSE(rig.step()) << "one request";
  rig.answer(*probe, DeliveryRig::accepted(*probe));
  EXPECT_EQ(rig.summary().held_until, std::nullopt) << "the receiver takes messages again";
  accept_all(rig, seconds{1});
  EXPECT_TRUE(rig.summary().settled);
}

TEST(DeliverySilenceTest, EndsWhenTheOperatorReloads) {
  DeliveryRig rig(settings(1));
  rig.store(1, 1);
  rig.answer(rig.step().value(), DeliveryRig::whole(throttled, Milliseconds{hours{24}}));
  EXPECT_FALSE(rig.step());
  rig.machine.try_at_once(rig.now);
  EXPECT_TRUE(rig.step());
}

}  // namespace
}  // namespace elit
