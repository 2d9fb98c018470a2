#include "daemon/commands/backlog_chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace elit::daemon {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

Backlog backlog(std::vector<std::uint64_t> highest) {
  Backlog result;
  result.step = hours{12};
  result.peak = *std::max_element(highest.begin(), highest.end());
  result.highest = std::move(highest);
  return result;
}

TEST(BacklogChartTest, DrawsEachStepInAColumn) {
  EXPECT_THAT(backlog_chart(backlog({0, 1, 6, 12, 3, 0, 0, 0}), 2, false),
              ElementsAre("  12 |   #", "     |   #", "     |   #", "     |  ##", "     |  ##:", "   0 | :###",
                          "     +--------", "      day 1 4"))
      << "day 4 begins in the seventh column";
}

TEST(BacklogChartTest, ShowsASingleMessageBesideMany) {
  const std::vector<std::string> lines = backlog_chart(backlog({1, 1'000'000}), 0, true);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(chart_rows) + 2);
  EXPECT_EQ(lines[0], "1000000 │ █");
  EXPECT_EQ(lines[5], "      0 │▁█");
}

}  // namespace
}  // namespace elit::daemon
