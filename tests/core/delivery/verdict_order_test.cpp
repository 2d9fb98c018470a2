#include "core/delivery/verdict_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elit {
namespace {

using testing::ElementsAre;
using enum Verdict;

struct Told {
  DeliveryUserId user = 0;
  Verdict verdict = delivered;
};

std::vector<Verdict> in_order(const std::vector<Told>& told, int rejections_max = 100) {
  std::vector<WaitingMessage> batch;
  std::vector<MessageAnswer> answers;
  for (const Told& one : told) {
    WaitingMessage message;
    message.id = static_cast<DeliveryMessageId>(batch.size()) + 1;
    message.user = one.user;
    batch.push_back(message);
    answers.push_back({one.verdict, {}, "why"});
  }
  return verdicts_in_order(batch, answers, rejections_max);
}

TEST(VerdictOrderTest, LeavesWhatIsSettledAsItIs) {
  EXPECT_THAT(in_order({{1, delivered}, {1, retry}, {1, unmentioned}, {1, rejected}, {2, retry}, {1, retry}}),
              ElementsAre(delivered, retry, unmentioned, rejected, retry, retry));
}

TEST(VerdictOrderTest, TakesTheOnlyOneRefusedInCompanyForTheCulprit) {
  EXPECT_THAT(in_order({{1, delivered}, {2, rejected_in_company}}), ElementsAre(delivered, rejected));
  EXPECT_THAT(in_order({{1, rejected_in_company}, {1, unknown}}), ElementsAre(rejected, unknown));
  EXPECT_THAT(in_order({{1, rejected_in_company}, {2, rejected_in_company}}),
              ElementsAre(rejected_in_company, rejected_in_company));
}

TEST(VerdictOrderTest, KeepsWhatIsRefusedForNowOutsideOfWhatGoesAgainTogether) {
  EXPECT_THAT(in_order({{1, retry}, {1, unknown}, {1, retry}}), ElementsAre(retry, unknown, retry));
  EXPECT_THAT(in_order({{1, unknown}, {2, retry}, {1, unknown}}), ElementsAre(unknown, retry, unknown));
}

TEST(VerdictOrderTest, SendsAgainTogetherWhatStandsBetween) {
  EXPECT_THAT(in_order({{1, unknown}, {1, retry}, {1, delivered}, {1, unmentioned}, {1, unknown}}),
              ElementsAre(unknown, unknown, delivered, unknown, unknown));
  EXPECT_THAT(in_order({{1, rejected_in_company}, {1, retry}, {1, rejected_in_company}}),
              ElementsAre(rejected_in_company, rejected_in_company, rejected_in_company));
}

TEST(VerdictOrderTest, PutsTheUnknownFirstForEveryUser) {
  EXPECT_THAT(in_order({{1, rejected_in_company},
                        {1, retry},
                        {1, unknown},
                        {1, rejected_in_company},
                        {2, unknown},
                        {2, rejected_in_company}}),
              ElementsAre(unknown, unknown, unknown, rejected_in_company, unknown, rejected_in_company));
}

TEST(VerdictOrderTest, DoesNotCondemnTheLastThatIsLeftOfThoseRefusedInCompany) {
  EXPECT_THAT(in_order({{1, rejected_in_company}, {1, unknown}, {2, rejected_in_company}}),
              ElementsAre(unknown, unknown, rejected_in_company));
}

TEST(VerdictOrderTest, KeepsRejectedOnesInPlaceWhichThePauseOfTheSinkPutsOff) {
  const std::vector<Told> told = {{1, unknown}, {1, rejected}, {1, rejected}, {1, unknown}, {1, rejected}};
  EXPECT_THAT(in_order(told), ElementsAre(unknown, rejected, rejected, unknown, rejected));
  EXPECT_THAT(in_order(told, 1), ElementsAre(unknown, rejected, unknown, unknown, rejected));
  EXPECT_THAT(in_order(told, 0), ElementsAre(unknown, unknown, unknown, unknown, rejected));
}

TEST(VerdictOrderTest, LetsUsersEndWithWhatWasNotSent) {
  EXPECT_THAT(in_order({{1, unknown}, {1, not_sent}, {2, delivered}, {1, not_sent}}),
              ElementsAre(unknown, not_sent, delivered, not_sent));
}

TEST(VerdictOrderDeathTest, RefusesAMessageThatWasSentBeforeAnEarlierOne) {
  EXPECT_DEATH((void)in_order({{1, not_sent}, {1, delivered}}), "before an earlier one of its user");
  EXPECT_DEATH((void)verdicts_in_order({WaitingMessage{}}, {}, 1), "for each message");
}

}  // namespace
}  // namespace elit
