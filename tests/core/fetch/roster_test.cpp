#include "core/fetch/roster.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

TEST(RosterTest, AcceptsAListThatLacksNobody) {
  EXPECT_EQ(judge_listing({.previous = 3, .listed = 5, .missing = 0}, 0.5), ListingVerdict::accepted);
  EXPECT_EQ(judge_listing({.previous = 0, .listed = 0, .missing = 0}, 0.5), ListingVerdict::accepted);
}

TEST(RosterTest, AlarmsWhenEverybodyVanishes) {
  EXPECT_EQ(judge_listing({.previous = 1, .listed = 0, .missing = 1}, 1.0), ListingVerdict::empty);
}

TEST(RosterTest, AlarmsOnlyAboveTheConfiguredShare) {
  EXPECT_EQ(judge_listing({.previous = 4, .listed = 2, .missing = 2}, 0.5), ListingVerdict::accepted);
  EXPECT_EQ(judge_listing({.previous = 4, .listed = 1, .missing = 3}, 0.5), ListingVerdict::shrunk);
}

TEST(RosterTest, CountsThoseWhoVanishNotTheLengthOfTheList) {
  EXPECT_EQ(judge_listing({.previous = 4, .listed = 4, .missing = 4}, 0.5), ListingVerdict::shrunk);
}

}  // namespace
}  // namespace elit
