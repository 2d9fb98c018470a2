#include "config/yaml/suggestion.hpp"

#include <gtest/gtest.h>

namespace elit::config {
namespace {

const std::vector<std::string> keys{"interval", "max_staleness", "name", "url", "headers", "timeout"};

TEST(Suggestion, FindsTheKeyBehindASlip) {
  EXPECT_EQ(nearest("intervall", keys), "interval");
  EXPECT_EQ(nearest("itnerval", keys), "interval");
  EXPECT_EQ(nearest("maxStaleness", keys), "max_staleness");
  EXPECT_EQ(nearest("max-staleness", keys), "max_staleness");
  EXPECT_EQ(nearest("header", keys), "headers");
  EXPECT_EQ(nearest("ulr", keys), "url");
}

TEST(Suggestion, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("colour", keys), std::nullopt);
  EXPECT_EQ(nearest("", keys), std::nullopt);
  EXPECT_EQ(nearest("xyz", keys), std::nullopt);
  EXPECT_EQ(nearest(std::string(1000, 'u'), keys), std::nullopt);
}

}  // namespace
}  // namespace elit::config
