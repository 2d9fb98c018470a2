#include "core/text/closest_match.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

const std::vector<std::string> keys{"interval", "max_staleness", "name", "url", "headers", "timeout"};

TEST(ClosestMatchTest, FindsTheKeyBehindASlip) {
  EXPECT_EQ(closest_match("intervall", keys), "interval");
  EXPECT_EQ(closest_match("itnerval", keys), "interval");
  EXPECT_EQ(closest_match("maxStaleness", keys), "max_staleness");
  EXPECT_EQ(closest_match("max-staleness", keys), "max_staleness");
  EXPECT_EQ(closest_match("header", keys), "headers");
  EXPECT_EQ(closest_match("ulr", keys), "url");
}

TEST(ClosestMatchTest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(closest_match("colour", keys), std::nullopt);
  EXPECT_EQ(closest_match("", keys), std::nullopt);
  EXPECT_EQ(closest_match("xyz", keys), std::nullopt);
  EXPECT_EQ(closest_match(std::string(1000, 'u'), keys), std::nullopt);
}

}  // namespace
}  // namespace elit
