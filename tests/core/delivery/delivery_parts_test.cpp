#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "core/delivery/delivery.hpp"
#include "tests/core/delivery/delivery_rig.hpp"

// Answers with a verdict for each message, beside any verdict for the batch.
namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using enum Verdict;

// A machine with messages 1, 2, ... of these users, and the batch it sends of them.
class Parts {
 public:
  explicit Parts(const std::vector<DeliveryUserId>& users)
      : Parts(users, delivery_settings(static_cast<int>(users.size()))) {}
  Parts(const std::vector<DeliveryUserId>& users, const DeliverySettings& settings) : rig(settings) {
    for (const DeliveryUserId user : users) {
      rig.store(++last_, user);
    }
    sent = rig.step().value();
  }

  void answer(const std::vector<Verdict>& verdicts, std::optional<Verdict> whole = std::nullopt) {
    rig.answer(sent, DeliveryRig::each(verdicts, whole));
  }
  // The next batch, accepted at once.
  SendBatch pass() {
    const auto send = rig.step_within(hours{1});
    EXPECT_TRUE(send);
    if (!send) {
      return {};
    }
    rig.answer(*send, DeliveryRig::accepted(*send));
    return *send;
  }

  DeliveryRig rig;
  SendBatch sent;

 private:
  DeliveryMessageId last_ = 0;
};

TEST(DeliveryPartsTest, KeepsABatchOfWhichAllIsUnknownTogether) {
  Parts parts({1, 2, 3});
  parts.answer({unknown, unknown, unknown}, Verdict::retry);
  ASSERT_THAT(parts.rig.failures, SizeIs(1));
  EXPECT_TRUE(parts.rig.failures[0].answer_lost);
  EXPECT_TRUE(parts.rig.failures[0].charged);
  EXPECT_EQ(parts.rig.failures[0].error, "why");
  EXPECT_EQ(parts.rig.summary().state, SinkState::failing);
  const SendBatch again = parts.pass();
  EXPECT_EQ(again.batch, parts.sent.batch);
  EXPECT_TRUE(again.lost_before);
  EXPECT_EQ(parts.rig.outcomes[1].attempts, 2);
}

TEST(DeliveryPartsTest, WhatWasNeverSentIsNotUnknown) {
  Parts parts({1, 2, 3});
  parts.answer({unknown, not_sent, unknown}, Verdict::retry);
  ASSERT_THAT(parts.rig.last_splits, SizeIs(2));
  EXPECT_THAT(parts.rig.last_splits[0].messages, ElementsAre(1, 3));
  EXPECT_TRUE(parts.rig.last_splits[0].answer_lost);
  EXPECT_TRUE(parts.rig.last_splits[0].charged);
  EXPECT_THAT(parts.rig.last_splits[1].messages, ElementsAre(2));
  EXPECT_FALSE(parts.rig.last_splits[1].answer_lost);
  EXPECT_FALSE(parts.rig.last_splits[1].charged);
  EXPECT_EQ(parts.rig.summary().state, SinkState::failing);
  EXPECT_THAT(parts.pass().messages, ElementsAre(2)) << "it shows whether the peer works";
}

TEST(DeliveryPartsTest, LosesNoAnswerThatWasNeverAskedFor) {
  Parts parts({1, 2});
  parts.answer({not_sent, not_sent}, Verdict::throttled);
  ASSERT_THAT(parts.rig.failures, SizeIs(1));
  EXPECT_FALSE(parts.rig.failures[0].answer_lost);
  EXPECT_FALSE(parts.rig.failures[0].charged);
  EXPECT_FALSE(parts.pass().lost_before);
  EXPECT_EQ(parts.rig.outcomes[1].attempts, 1);
}

TEST(DeliveryPartsTest, DoesNotTakeSilenceForASoundAnswer) {
  Parts parts({1, 2});
  parts.answer({unknown, unknown});
  ASSERT_THAT(parts.rig.failures, SizeIs(1));
  EXPECT_TRUE(parts.rig.failures[0].charged);
  EXPECT_EQ(parts.rig.summary().state, SinkState::failing);
}

TEST(DeliveryPartsTest, SettlesWhatIsKnownAndRepeatsTheRest) {
  Parts parts({1, 2, 3, 4, 3});
  parts.answer({delivered, rejected, unknown, retry, not_sent}, Verdict::retry);
  EXPECT_EQ(parts.rig.state(1), DeliveryState::delivered);
  EXPECT_EQ(parts.rig.state(2), DeliveryState::dead);
  EXPECT_EQ(parts.rig.outcomes[4].state, DeliveryState::pending);
  const std::vector<BatchSplit> splits = parts.rig.last_splits;
  ASSERT_THAT(splits, SizeIs(2));
  EXPECT_THAT(splits[0].messages, ElementsAre(3));
  EXPECT_TRUE(splits[0].answer_lost);
  EXPECT_TRUE(splits[0].charged);
  EXPECT_EQ(splits[0].error, "why");
  EXPECT_THAT(splits[1].messages, ElementsAre(5));
  EXPECT_FALSE(splits[1].answer_lost);
  EXPECT_FALSE(splits[1].charged);
  EXPECT_EQ(parts.rig.summary().state, SinkState::failing) << "the batch's verdict sets the pace";
  EXPECT_FALSE(parts.rig.step()) << "what is unknown waits before it is repeated";

  SendBatch next = parts.pass();
  if (next.messages.front() == 4) {
    next = parts.pass();
  }
  EXPECT_THAT(next.messages, ElementsAre(3)) << "before the later one of its user";
  EXPECT_TRUE(next.lost_before);
  EXPECT_TRUE(next.stored);
  EXPECT_EQ(parts.rig.outcomes[3].attempts, 2);
  while (parts.rig.state(5) == DeliveryState::pending) {
    next = parts.pass();
  }
  EXPECT_FALSE(parts.rig.outcomes[5].attempts > 1) << "it was not sent and is not charged";
}

TEST(DeliveryPartsTest, ChargesNothingWhileTheSinkAsAWholeWaits) {
  for (const Verdict verdict : {Verdict::throttled, Verdict::unauthorized, Verdict::misconfigured}) {
    Parts parts({1, 2});
    parts.answer({delivered, unknown}, verdict);
    ASSERT_THAT(parts.rig.last_splits, SizeIs(1));
    EXPECT_FALSE(parts.rig.last_splits[0].charged);
    EXPECT_TRUE(parts.rig.last_splits[0].answer_lost);
    EXPECT_NE(parts.rig.summary().state, SinkState::running);
    EXPECT_FALSE(parts.rig.step());
    EXPECT_THAT(parts.pass().messages, ElementsAre(2));
    EXPECT_EQ(parts.rig.outcomes[2].attempts, 1);
  }
}

TEST(DeliveryPartsTest, RepeatsWhatIsUnknownAtGrowingDistances) {
  Parts parts({1, 2, 3, 4, 5, 6, 7});
  SendBatch sent = parts.sent;
  std::vector<Milliseconds> distances;
  while (distances.size() < 3) {
    std::vector<Verdict> verdicts(sent.messages.size(), unknown);
    verdicts.front() = delivered;
    const SteadyTime asked = parts.rig.now.steady;
    parts.rig.answer(sent, DeliveryRig::each(verdicts));
    ASSERT_EQ(parts.rig.summary().state, SinkState::running) << "others go on";
    sent = parts.rig.step_within(hours{1}).value();
    distances.push_back(parts.rig.now.steady - asked);
  }
  EXPECT_GE(distances.front(), Milliseconds{500});
  EXPECT_LE(distances.front(), seconds{1});
  EXPECT_LE(distances.back(), seconds{4});
  EXPECT_GE(distances.back(), distances.front());
}

TEST(DeliveryPartsTest, WhatWasLostOfTheWholeIsLostOfItsParts) {
  Parts parts({1, 2, 3, 4});
  parts.answer({unknown, unknown, unknown, unknown}, Verdict::retry);
  const SendBatch again = parts.rig.step_within(hours{1}).value();
  parts.rig.answer(again, DeliveryRig::each({delivered, rejected_in_company, rejected_in_company, not_sent}));
  for (int part = 0; part < 3; ++part) {
    EXPECT_TRUE(parts.pass().lost_before) << part;
  }
}

TEST(DeliveryPartsTest, WhatIsKnownToBeAbsentIsLostNoLonger) {
  Parts parts({1, 2, 3});
  parts.answer({unknown, unknown, unknown}, Verdict::retry);
  const SendBatch again = parts.rig.step_within(hours{1}).value();
  ASSERT_TRUE(again.lost_before);
  DeliveryAnswer given = DeliveryRig::each({unknown, not_sent, not_sent}, Verdict::retry);
  given.messages[1].absent = given.messages[2].absent = true;
  parts.rig.answer(again, given);
  SendBatch next = parts.pass();
  EXPECT_THAT(next.messages, ElementsAre(2, 3));
  EXPECT_FALSE(next.lost_before);
  next = parts.pass();
  EXPECT_THAT(next.messages, ElementsAre(1));
  EXPECT_TRUE(next.lost_before);
}

TEST(DeliveryPartsTest, RecordsThePeersWishWithWhatWaits) {
  Parts parts({1, 2, 3});
  DeliveryAnswer told = DeliveryRig::each({delivered, unknown, not_sent}, Verdict::throttled);
  told.retry_after = Milliseconds{minutes{4}};
  const SteadyTime asked = parts.rig.now.steady;
  const Instant wish = parts.rig.now.wall + minutes{4};
  parts.rig.answer(parts.sent, told);
  ASSERT_THAT(parts.rig.last_splits, SizeIs(2));
  EXPECT_EQ(parts.rig.last_splits[0].not_before, wish);
  EXPECT_EQ(parts.rig.last_splits[1].not_before, wish);
  parts.pass();
  EXPECT_EQ(parts.rig.now.steady, asked + minutes{4});
}

TEST(DeliveryPartsTest, GivesUpWhatIsUnknownAloneForTooLong) {
  DeliverySettings short_lived = delivery_settings(3);
  short_lived.retry.give_up_after = hours{1};
  Parts parts({1, 2, 3}, short_lived);
  parts.answer({unknown, unknown, not_sent});
  EXPECT_THAT(parts.pass().messages, ElementsAre(3)) << "a message that was not sent is not refused";
  parts.rig.pass(hours{1});
  SendBatch again = parts.rig.step().value();
  ASSERT_THAT(again.messages, ElementsAre(1, 2));
  parts.rig.answer(again, DeliveryRig::each({delivered, unknown}));
  EXPECT_EQ(parts.rig.state(2), DeliveryState::pending) << "what two went through does not count against one";
  const SteadyTime alone = parts.rig.now.steady;
  while (parts.rig.state(2) == DeliveryState::pending) {
    again = parts.rig.step_within(hours{2}).value();
    parts.rig.answer(again, DeliveryRig::each({unknown}));
  }
  EXPECT_EQ(parts.rig.state(2), DeliveryState::dead);
  EXPECT_EQ(parts.rig.outcomes[2].error, "why");
  EXPECT_GE(parts.rig.now.steady - alone, hours{1});
  EXPECT_TRUE(parts.rig.summary().settled);
}

TEST(DeliveryPartsTest, FindsTheCulpritAmongThoseRefusedInCompany) {
  Parts parts({1, 2, 3, 4, 5});
  parts.answer({delivered, rejected_in_company, rejected_in_company, rejected_in_company, delivered});
  EXPECT_EQ(parts.rig.summary().state, SinkState::running);
  ASSERT_THAT(parts.rig.last_splits, SizeIs(2));
  EXPECT_THAT(parts.rig.last_splits[0].messages, ElementsAre(2));
  EXPECT_THAT(parts.rig.last_splits[1].messages, ElementsAre(3, 4));
  while (const auto send = parts.rig.step()) {
    std::vector<Verdict> verdicts(send->messages.size(), delivered);
    if (send->messages.back() >= 3 && send->messages.front() <= 3) {
      verdicts.assign(send->messages.size(), rejected_in_company);
    }
    parts.rig.answer(*send, DeliveryRig::each(verdicts));
  }
  EXPECT_EQ(parts.rig.state(3), DeliveryState::dead);
  EXPECT_EQ(parts.rig.outcomes[3].error, "why");
  EXPECT_EQ(parts.rig.outcomes[3].attempts, 1);
  EXPECT_EQ(parts.rig.state(2), DeliveryState::delivered);
  EXPECT_EQ(parts.rig.state(4), DeliveryState::delivered);
  EXPECT_TRUE(parts.rig.summary().settled);
}

TEST(DeliveryPartsTest, SendsARetryBeforeTheLaterPartsOfItsUser) {
  Parts parts({1, 1, 2, 1});
  parts.answer({retry, unknown, rejected_in_company, not_sent}, Verdict::retry);
  std::vector<DeliveryMessageId> order;
  while (order.size() < 3) {
    const SendBatch send = parts.pass();
    ASSERT_FALSE(send.messages.empty());
    order.insert(order.end(), send.messages.begin(), send.messages.end());
  }
  EXPECT_THAT(order, ElementsAre(1, 2, 4));
  EXPECT_EQ(parts.rig.state(3), DeliveryState::dead);
}

TEST(DeliveryPartsTest, PartsOfSeveralUsersDoNotWaitForEachOther) {
  Parts parts({1, 2, 1, 2, 1, 2});
  parts.answer({rejected_in_company, unknown, unknown, rejected_in_company, retry, rejected_in_company},
               Verdict::retry);
  while (parts.rig.summary().waiting > 0) {
    ASSERT_FALSE(parts.pass().messages.empty());
  }
  EXPECT_TRUE(parts.rig.summary().settled);
}

TEST(DeliveryPartsTest, RecordsWhatComesBehindAPartThatWaits) {
  Parts parts({1, 2, 3});
  parts.answer({delivered, unknown, not_sent});
  ASSERT_EQ(parts.rig.summary().state, SinkState::running);
  parts.rig.store(4, 2);
  parts.rig.store(5, 3);
  parts.rig.store(6, 1);
  static_cast<void>(parts.rig.step());
  EXPECT_THAT(parts.rig.held, ElementsAre(4, 5)) << "the scan may pass it";
}

TEST(DeliveryPartsTest, APeerThatTakesSomethingIsNoLongerRefusing) {
  DeliverySettings few = delivery_settings(1);
  few.dead_letters.pause_after = 1;
  DeliveryRig rig(few);
  rig.store(1, 1);
  rig.store(2, 2);
  rig.answer(rig.step().value(), DeliveryRig::each({rejected}));
  ASSERT_EQ(rig.summary().state, SinkState::refusing);
  rig.answer(rig.step_within(hours{1}).value(), DeliveryRig::each({delivered}, Verdict::retry));
  EXPECT_EQ(rig.summary().state, SinkState::failing);
}

TEST(DeliveryPartsTest, WhoJudgesMessagesAcceptsTheCredential) {
  DeliveryRig rig(delivery_settings(1));
  rig.store(1, 1);
  rig.answer(rig.step().value(), DeliveryRig::whole(Verdict::unauthorized));
  ASSERT_EQ(rig.summary().state, SinkState::credential);
  rig.answer(rig.step_within(hours{1}).value(), DeliveryRig::each({rejected}, Verdict::throttled));
  EXPECT_EQ(rig.summary().state, SinkState::failing);
}

TEST(DeliveryPartsTest, ARefusedPartIsKeptWhileEverythingIsRefused) {
  DeliverySettings few = delivery_settings(1);
  few.dead_letters.pause_after = 1;
  DeliveryRig rig(few);
  rig.store(1, 1);
  rig.store(2, 2);
  rig.answer(rig.step().value(), DeliveryRig::each({rejected}));
  rig.answer(rig.step_within(hours{1}).value(), DeliveryRig::each({rejected_in_company}));
  EXPECT_EQ(rig.state(2), DeliveryState::pending);
  EXPECT_THAT(rig.last_splits, IsEmpty());
}

TEST(DeliveryPartsTest, LooksForTheCulpritWithoutAPauseWhileEverythingIsRefused) {
  DeliverySettings few = delivery_settings(4);
  few.dead_letters.pause_after = 1;
  Parts parts({1, 2, 3, 4, 5}, few);
  parts.answer({rejected, unknown, unknown, unknown});
  ASSERT_EQ(parts.rig.summary().state, SinkState::refusing);
  SendBatch send = parts.rig.step_within(hours{1}).value();
  while (send.messages.size() == 1) {
    parts.rig.answer(send, DeliveryRig::each({rejected}));
    send = parts.rig.step_within(hours{1}).value();
  }
  EXPECT_THAT(send.messages, ElementsAre(2, 3, 4));
  parts.rig.answer(send, DeliveryRig::each({rejected_in_company, rejected_in_company, rejected_in_company}));
  EXPECT_TRUE(parts.rig.step()) << "a half of it goes at once";
}

using DeliveryPartsDeathTest = ::testing::Test;

TEST(DeliveryPartsDeathTest, WhatIsRefusedAsAWholeIsNotJudgedOneByOne) {
  Parts parts({1, 2});
  EXPECT_DEATH(parts.answer({delivered, delivered}, Verdict::rejected_in_company), "as a whole");
}

}  // namespace
}  // namespace elit
