#include "core/delivery/pending_scan.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

std::vector<PendingMessage> messages(DeliveryMessageId from, int count) {
  std::vector<PendingMessage> list(static_cast<std::size_t>(count));
  for (PendingMessage& message : list) {
    message.id = from++;
  }
  return list;
}

TEST(PendingScanTest, ReadsWhatIsHeldBackBeforeWhatHasNoRecord) {
  PendingScan scan(10);
  scan.start(100);
  EXPECT_FALSE(scan.pending(0));
  auto list = scan.held_back(0);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->after, 0);
  EXPECT_EQ(list->limit, 10);
  EXPECT_TRUE(scan.asks());
  scan.on_held_back(messages(5, 3));
  EXPECT_FALSE(scan.held_back(3)) << "a list shorter than asked for is the last";
  list = scan.pending(3);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->after, 100);
  EXPECT_EQ(list->limit, 7) << "as many as there is room for";
}

TEST(PendingScanTest, GoesOnBehindTheLastOfAFullList) {
  PendingScan scan(4);
  ASSERT_TRUE(scan.held_back(0));
  scan.on_held_back(messages(5, 4));
  const auto held = scan.held_back(2);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->after, 8);
  scan.on_held_back({});
  ASSERT_TRUE(scan.pending(0));
  scan.on_pending(messages(20, 4));
  EXPECT_EQ(scan.at(), 23);
  const auto pending = scan.pending(2);
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->after, 23);
  EXPECT_EQ(pending->limit, 2);
}

TEST(PendingScanTest, AsksForNothingWhileMoreThanHalfOfTheRoomIsTaken) {
  PendingScan scan(10);
  EXPECT_FALSE(scan.held_back(6));
  EXPECT_TRUE(scan.held_back(5));
  scan.on_held_back({});
  EXPECT_FALSE(scan.pending(6));
  EXPECT_TRUE(scan.pending(5));
}

TEST(PendingScanTest, IsDoneUntilSomethingArrives) {
  PendingScan scan(10);
  ASSERT_TRUE(scan.held_back(0));
  scan.on_held_back({});
  EXPECT_FALSE(scan.done());
  ASSERT_TRUE(scan.pending(0));
  scan.on_pending(messages(1, 2));
  EXPECT_TRUE(scan.done());
  EXPECT_FALSE(scan.pending(0));
  scan.on_arrivals();
  EXPECT_FALSE(scan.done());
  EXPECT_TRUE(scan.pending(0));
}

TEST(PendingScanTest, RecordsEachEndOnce) {
  PendingScan scan(10);
  scan.start(7);
  EXPECT_FALSE(scan.take_to_record(7));
  EXPECT_TRUE(scan.take_to_record(9));
  EXPECT_FALSE(scan.take_to_record(9));
  EXPECT_FALSE(scan.take_to_record(8));
}

}  // namespace
}  // namespace elit
