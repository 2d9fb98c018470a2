#include "core/fetch/row_order.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace elit {
namespace {

constexpr Instant start = from_ms(1'769'850'902'345);
constexpr Instant fallback = start - Milliseconds{1000};
constexpr std::optional<int> undated;

Instant at(int ms) {
  return start + Milliseconds{ms};
}

// Rows at so many milliseconds after `start`.
std::vector<Row> rows_at(std::initializer_list<std::optional<int>> times) {
  std::vector<Row> rows;
  for (const std::optional<int> time : times) {
    Row row;
    if (time) {
      row.instant = at(*time);
    }
    row.text = std::to_string(rows.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<OrderedRow> page(std::initializer_list<std::optional<int>> times) {
  return order_rows(rows_at(times), fallback);
}

std::vector<Instant> orders(const std::vector<OrderedRow>& rows) {
  std::vector<Instant> orders;
  for (const OrderedRow& row : rows) {
    orders.push_back(row.order);
  }
  return orders;
}

TEST(RowOrderTest, GivesADatedRowItsOwnInstant) {
  EXPECT_EQ(orders(page({5, 3, 9})), (std::vector{at(5), at(3), at(9)}));
}

TEST(RowOrderTest, GivesAnUndatedRowTheInstantOfTheRowBeforeIt) {
  EXPECT_EQ(orders(page({5, undated, undated, 9, undated})), (std::vector{at(5), at(5), at(5), at(9), at(9)}));
}

TEST(RowOrderTest, GivesLeadingUndatedRowsTheFirstInstantAfterThem) {
  EXPECT_EQ(orders(page({undated, undated, 7, 9})), (std::vector{at(7), at(7), at(7), at(9)}));
}

TEST(RowOrderTest, FallsBackWhenNoRowIsDated) {
  EXPECT_EQ(orders(page({undated, undated})), (std::vector{fallback, fallback}));
}

TEST(RowOrderTest, KeepsTheRowsAsTheyAreAndInTheirPlaces) {
  const auto rows = page({undated, 4, 2});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].row.instant, std::nullopt);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].row.text, std::to_string(i));
  }
  EXPECT_TRUE(page({}).empty());
}

TEST(ListDirectionTest, IsUnknownBeforeAnythingTells) {
  ListDirection direction;
  EXPECT_EQ(direction.newest_first(), std::nullopt);
  EXPECT_EQ(direction.seen(), std::nullopt);
  direction.observe(page({undated}));
  EXPECT_EQ(direction.newest_first(), std::nullopt);
  EXPECT_EQ(direction.seen(), std::nullopt) << "an undated row says nothing about instants";
}

TEST(ListDirectionTest, TellsAListThatFallsFromOneThatRises) {
  ListDirection falling;
  falling.observe(page({9, 7, 7, 2}));
  EXPECT_EQ(falling.newest_first(), true);
  ListDirection rising;
  rising.observe(page({2, 7, 7, 9}));
  EXPECT_EQ(rising.newest_first(), false);
}

TEST(ListDirectionTest, IsUnknownWhereAllRowsHaveOneInstant) {
  ListDirection direction;
  direction.observe(page({7, 7, 7}));
  EXPECT_EQ(direction.newest_first(), std::nullopt);
}

TEST(ListDirectionTest, GoesByTheMajority) {
  ListDirection direction;
  direction.observe(page({9, 8, 10, 7, 6}));
  EXPECT_EQ(direction.newest_first(), true);
}

TEST(ListDirectionTest, LearnsFromTheStepBetweenTwoPages) {
  ListDirection direction;
  direction.observe(page({9}));
  direction.observe(page({5}));
  EXPECT_EQ(direction.newest_first(), true);
}

TEST(ListDirectionTest, StepsOverUndatedRows) {
  ListDirection direction;
  direction.observe(page({9, undated, 5}));
  EXPECT_EQ(direction.newest_first(), true);
}

TEST(ListDirectionTest, SpansAllInstantsSeenUpToOnePastTheNewest) {
  ListDirection direction;
  direction.observe(page({4, undated, 8}));
  EXPECT_EQ(direction.seen(), (Interval{at(4), at(9)}));
  direction.observe(page({2, 6}));
  EXPECT_EQ(direction.seen(), (Interval{at(2), at(9)}));
}

}  // namespace
}  // namespace elit
