#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "tests/core/delivery/delivery_rig.hpp"

// What fails as a whole again and again, and who suffers for it.
namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using enum Verdict;

DeliverySettings settings(int messages, int concurrency = 4) {
  DeliverySettings made;
  made.batch.messages = messages;
  made.batch.wait = seconds{1};
  made.concurrency = concurrency;
  return made;
}

// Five messages of each of so many users: 1 to 5 are of user 1.
void store(DeliveryRig& rig, int users, DeliveryMessageId first = 1) {
  for (int user = 0; user < users; ++user) {
    for (int i = 0; i < 5; ++i) {
      rig.store(first + user * 5 + i, user + 1);
    }
  }
}

bool holds(const SendBatch& send, DeliveryMessageId id) {
  return std::find(send.messages.begin(), send.messages.end(), id) != send.messages.end();
}

using Peer = std::function<DeliveryAnswer(const SendBatch&)>;

Peer poisoned(DeliveryMessageId id, Verdict verdict) {
  return [id, verdict](const SendBatch& send) {
    return holds(send, id) ? DeliveryRig::whole(verdict) : DeliveryRig::accepted(send);
  };
}

// Lets the peer answer for so long; each answer takes `takes`. Returns the number of requests.
int run(DeliveryRig& rig, const Peer& peer, Milliseconds time, Milliseconds takes = Milliseconds{10}) {
  int requests = 0;
  const SteadyTime end = rig.now.steady + time;
  while (rig.now.steady < end) {
    std::vector<SendBatch> under_way;
    if (auto send = rig.step_within(end - rig.now.steady)) {
      under_way.push_back(*send);
      while (auto more = rig.step()) {
        under_way.push_back(*more);
      }
    } else {
      break;
    }
    rig.pass(takes);
    for (const SendBatch& send : under_way) {
      ++requests;
      rig.answer(send, peer(send));
    }
  }
  return requests;
}

std::vector<DeliveryMessageId> in_state(DeliveryRig& rig, DeliveryState state) {
  std::vector<DeliveryMessageId> ids;
  for (const auto& [id, message] : rig.messages) {
    if (rig.state(id) == state) {
      ids.push_back(id);
    }
  }
  return ids;
}

class DeliveryNarrowingTest : public testing::TestWithParam<Verdict> {};

TEST_P(DeliveryNarrowingTest, HoldsUpNobodyButItsUser) {
  DeliveryRig rig(settings(100));
  store(rig, 8);
  const int requests = run(rig, poisoned(18, GetParam()), seconds{30});
  EXPECT_THAT(in_state(rig, DeliveryState::pending), ElementsAre(18, 19, 20));
  EXPECT_EQ(rig.summary().state, SinkState::running);
  EXPECT_EQ(rig.summary().isolated, 1U);
  EXPECT_LT(requests, 45);
}

TEST_P(DeliveryNarrowingTest, DoesNotDelayTheOthersOfALargeBacklog) {
  DeliveryRig rig(settings(20, 1));
  store(rig, 200);
  run(rig, poisoned(13, GetParam()), minutes{1});
  EXPECT_THAT(in_state(rig, DeliveryState::pending), ElementsAre(13, 14, 15));
}

TEST_P(DeliveryNarrowingTest, DiesAloneAtTheEndOfItsTime) {
  DeliverySettings short_lived = settings(100);
  short_lived.retry.give_up_after = seconds{6};
  DeliveryRig rig(short_lived);
  store(rig, 8);
  run(rig, poisoned(18, GetParam()), minutes{10});
  EXPECT_THAT(in_state(rig, DeliveryState::dead), ElementsAre(18));
  EXPECT_EQ(in_state(rig, DeliveryState::delivered).size(), 39U);
}

INSTANTIATE_TEST_SUITE_P(OnePoison, DeliveryNarrowingTest,
                         testing::Values(retry, unknown, unauthorized, misconfigured));

TEST(NarrowingTest, NeedsNoBackoffForEachHalving) {
  DeliverySettings slow = settings(100);
  slow.retry.first = seconds{5};
  DeliveryRig rig(slow);
  store(rig, 20);
  rig.store(1'001, 99);
  run(rig, poisoned(43, retry), seconds{12});
  EXPECT_THAT(in_state(rig, DeliveryState::pending), ElementsAre(43, 44, 45));
}

TEST(NarrowingTest, LetsNewMessagesPassAPoisonThatWaits) {
  DeliveryRig rig(settings(10));
  store(rig, 2);
  run(rig, poisoned(3, retry), minutes{10});
  for (DeliveryMessageId id = 100; id < 110; ++id) {
    rig.store(id, id);
    run(rig, poisoned(3, retry), seconds{3});
    EXPECT_EQ(rig.state(id), DeliveryState::delivered) << id;
  }
}

TEST(NarrowingTest, LetsNewMessagesPassTheOnlyOneThatFails) {
  DeliveryRig rig(settings(10));
  rig.store(1, 1);
  run(rig, poisoned(1, unknown), hours{1});
  rig.store(2, 2);
  run(rig, poisoned(1, unknown), seconds{2});
  EXPECT_EQ(rig.state(2), DeliveryState::delivered);
}

TEST(NarrowingTest, FindsManyPoisons) {
  DeliveryRig rig(settings(100));
  store(rig, 400);
  const auto bad = [](DeliveryMessageId id) { return id % 50 == 3; };
  run(
      rig,
      [&bad](const SendBatch& send) {
        const bool refused = std::any_of(send.messages.begin(), send.messages.end(), bad);
        return refused ? DeliveryRig::whole(retry) : DeliveryRig::accepted(send);
      },
      minutes{20});
  const auto pending = in_state(rig, DeliveryState::pending);
  EXPECT_EQ(pending.size(), 120U) << "40 that fail and two behind each";
  EXPECT_EQ(rig.summary().isolated, 40U);
}

TEST(NarrowingTest, DoesNotTakeAnOutageForPoison) {
  for (const Verdict verdict : {retry, unknown}) {
    DeliveryRig rig(settings(20));
    store(rig, 100);
    run(
        rig, [](const SendBatch& send) { return DeliveryRig::accepted(send); }, Milliseconds{15});
    const int requests = run(
        rig, [verdict](const SendBatch&) { return DeliveryRig::whole(verdict); }, hours{6});
    EXPECT_LT(requests, 200);
    EXPECT_LT(rig.splits_at_rest, 9);
    EXPECT_EQ(rig.summary().state, SinkState::failing);
    EXPECT_THAT(in_state(rig, DeliveryState::dead), IsEmpty());
    std::vector<std::size_t> sizes;
    run(
        rig,
        [&sizes](const SendBatch& send) {
          sizes.push_back(send.messages.size());
          return DeliveryRig::accepted(send);
        },
        minutes{6});
    EXPECT_TRUE(rig.summary().settled);
    EXPECT_GE(*std::max_element(sizes.begin(), sizes.end()), 20U) << "the size of batches is what it was";
    EXPECT_LT(sizes.size(), 50U);
  }
}

TEST(NarrowingTest, RepeatsTheSameSetAfterAShortFailure) {
  DeliveryRig rig(settings(20));
  store(rig, 12);
  std::vector<std::vector<DeliveryMessageId>> sets;
  int failures = 0;
  run(
      rig,
      [&](const SendBatch& send) {
        sets.push_back(send.messages);
        return ++failures <= 3 ? DeliveryRig::whole(unknown) : DeliveryRig::accepted(send);
      },
      minutes{1});
  EXPECT_TRUE(rig.summary().settled);
  EXPECT_EQ(rig.splits_at_rest, 0);
}

// A receiver that needs `each` a message and is not waited for longer than a second.
Peer slow(Milliseconds each, std::vector<std::size_t>& sizes) {
  return [each, &sizes](const SendBatch& send) {
    sizes.push_back(send.messages.size());
    return static_cast<int>(send.messages.size()) * each > seconds{1} ? DeliveryRig::whole(unknown)
                                                                      : DeliveryRig::accepted(send);
  };
}

std::vector<DeliveryMessageId> common(const SendBatch& send, const std::vector<DeliveryMessageId>& others) {
  std::vector<DeliveryMessageId> found;
  std::copy_if(send.messages.begin(), send.messages.end(), std::back_inserter(found),
               [&others](DeliveryMessageId id) { return std::find(others.begin(), others.end(), id) != others.end(); });
  return found;
}

// Loses the answer to one request, and gives `otherwise` to those after it. The first of these that holds a message of
// the lost one holds all of it and nothing else.
void expect_the_same_set_after_a_loss(DeliveryRig& rig, const Peer& otherwise) {
  const std::optional<SendBatch> lost = rig.step_within(minutes{1});
  ASSERT_TRUE(lost);
  ASSERT_GT(lost->messages.size(), 1U);
  rig.answer(*lost, DeliveryRig::whole(unknown));
  for (int requests = 0; requests < 40; ++requests) {
    const std::optional<SendBatch> next = rig.step_within(hours{1});
    ASSERT_TRUE(next);
    if (!common(*next, lost->messages).empty()) {
      EXPECT_EQ(next->messages, lost->messages);
      return;
    }
    rig.answer(*next, otherwise(*next));
  }
  ADD_FAILURE() << "the lost request is not repeated";
}

TEST(NarrowingTest, RepeatsALostSetAlsoWhereLargerOnesWereRefused) {
  DeliveryRig rig(settings(20, 1));
  store(rig, 4);
  const std::optional<SendBatch> large = rig.step_within(minutes{1});
  ASSERT_TRUE(large);
  rig.answer(*large, DeliveryRig::whole(too_large));
  const std::optional<SendBatch> half = rig.step_within(minutes{1});
  ASSERT_TRUE(half);
  rig.answer(*half, DeliveryRig::accepted(*half));
  expect_the_same_set_after_a_loss(rig, DeliveryRig::accepted);
}

TEST(NarrowingTest, CountsRepetitionsFromTheFirstLossOn) {
  DeliveryRig rig(settings(15, 1));
  store(rig, 3);
  for (const Verdict verdict : {retry, unknown}) {
    const std::optional<SendBatch> send = rig.step_within(minutes{1});
    ASSERT_TRUE(send);
    rig.answer(*send, DeliveryRig::whole(verdict));
    rig.pass(seconds{6});
  }
  expect_the_same_set_after_a_loss(rig, DeliveryRig::accepted);
}

TEST(NarrowingTest, RepeatsALostSetAlsoAsTheProbeOfAPause) {
  for (const Verdict verdict : {unauthorized, misconfigured}) {
    DeliveryRig rig(settings(5, 1));
    store(rig, 3);
    const std::optional<SendBatch> first = rig.step_within(minutes{1});
    ASSERT_TRUE(first);
    rig.answer(*first, DeliveryRig::accepted(*first));
    int refused = 0;
    expect_the_same_set_after_a_loss(rig, [verdict, &refused](const SendBatch& send) {
      return ++refused <= 10 ? DeliveryRig::whole(verdict) : DeliveryRig::accepted(send);
    });
  }
}

TEST(NarrowingTest, MakesBatchesSmallerUntilOneEndsInTime) {
  DeliveryRig rig(settings(100));
  store(rig, 20);
  std::vector<std::size_t> sizes;
  run(rig, slow(Milliseconds{40}, sizes), seconds{40}, seconds{1});
  EXPECT_TRUE(rig.summary().settled);
}

TEST(NarrowingTest, KeepsTheSizeThatEndsInTimeAndTriesLargerOnesCarefully) {
  DeliveryRig rig(settings(100, 1));
  store(rig, 400);
  std::vector<std::size_t> sizes;
  run(rig, slow(Milliseconds{40}, sizes), hours{1}, seconds{1});
  EXPECT_TRUE(rig.summary().settled);
  const auto failed = std::count_if(sizes.begin(), sizes.end(), [](std::size_t size) { return size > 25; });
  EXPECT_LT(failed, 40);
  EXPECT_LT(sizes.size(), 300U);
}

TEST(NarrowingTest, APoisonMakesOtherBatchesHalfAsLargeForAShortTime) {
  DeliveryRig rig(settings(50));
  store(rig, 10);
  run(rig, poisoned(3, unknown), minutes{2});
  store(rig, 600, 1'000);
  std::vector<std::size_t> sizes;
  run(
      rig,
      [&sizes](const SendBatch& send) {
        sizes.push_back(send.messages.size());
        return poisoned(3, unknown)(send);
      },
      seconds{10});
  ASSERT_FALSE(sizes.empty());
  EXPECT_GE(*std::max_element(sizes.begin(), sizes.end()), 30U);
}

}  // namespace
}  // namespace elit
