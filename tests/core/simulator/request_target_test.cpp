#include "core/simulator/request_target.hpp"

#include <gtest/gtest.h>

namespace elit::simulator {
namespace {

TEST(RequestTargetTest, DecodesThePathAndTheQueryInTheirOwnWays) {
  const RequestTarget target = parse_target("/a%2Fb+c//d?x=1+2%2B3&empty=&flag&x=later");
  EXPECT_EQ(target.segments, (std::vector<std::string>{"a/b+c", "d"}));
  EXPECT_EQ(target.value("x"), "1 2+3");
  EXPECT_EQ(target.value("empty"), std::nullopt);
  EXPECT_EQ(target.value("flag"), std::nullopt);
  EXPECT_EQ(target.value("X"), std::nullopt);
}

TEST(RequestTargetTest, LeavesABrokenEscapeAlone) {
  EXPECT_EQ(parse_target("/100%/%4").segments, (std::vector<std::string>{"100%", "%4"}));
}

TEST(RequestTargetTest, ReadsWholeNumbersOnly) {
  EXPECT_EQ(parse_integer("-12"), -12);
  for (const char* wrong : {"", "1 ", "1e3", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(parse_integer(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace elit::simulator
