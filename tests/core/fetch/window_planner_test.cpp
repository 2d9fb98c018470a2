#include "core/fetch/window_planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/random.hpp"

namespace elit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant start = from_ms(1'700'000'000'000);
constexpr Milliseconds lookback = minutes{10};
constexpr Milliseconds settle = minutes{2};

Present at(Instant now) {
  return present_at(now, Milliseconds{0}, settle);
}

// The first window of a live read, for a user whose windows may be `width` long.
std::optional<Window> live(const WindowPlanner& planner, const Coverage& coverage, Present present,
                           std::optional<Milliseconds> width = std::nullopt) {
  std::optional<LiveRound> round = planner.live(coverage, present);
  return round ? std::optional(round->next(coverage, present, width, Milliseconds::max())) : std::nullopt;
}

TEST(PresentTest, TakesTheConservativeSideOfTwoClocks) {
  const Present behind = present_at(start, -hours{1}, settle);
  EXPECT_EQ(behind.read_to, start);
  EXPECT_EQ(behind.cover_to, start - hours{1} - settle);
  const Present ahead = present_at(start, hours{1}, settle);
  EXPECT_EQ(ahead.read_to, start + hours{1});
  EXPECT_EQ(ahead.cover_to, start - settle);
}

TEST(WindowPlannerTest, BeginsWithAllOfTheHistory) {
  const WindowPlanner planner(start, lookback);
  const Instant now = start + hours{100};
  EXPECT_EQ(live(planner, {}, at(now)), std::nullopt);
  const auto window = planner.history({}, at(now), std::nullopt);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->span, (Interval{start, now}));
  EXPECT_EQ(window->cover_to, now - settle) << "the present is read, but not covered";
}

TEST(WindowPlannerTest, ALiveReadGoesBackByTheLookBack) {
  const WindowPlanner planner(start, lookback);
  const Instant covered_to = start + hours{5};
  const Instant now = covered_to + minutes{3};
  const auto window = live(planner, Coverage({{start, covered_to}}), at(now));
  ASSERT_TRUE(window);
  EXPECT_EQ(window->span, (Interval{covered_to - lookback, now}));
  EXPECT_EQ(window->cover_to, now - settle);
}

TEST(WindowPlannerTest, NothingBeforeTheStartIsAskedFor) {
  const WindowPlanner planner(start, lookback);
  const auto window = live(planner, Coverage({{start, start + minutes{1}}}), at(start + minutes{4}));
  ASSERT_TRUE(window);
  EXPECT_EQ(window->span.from, start);
}

TEST(WindowPlannerTest, WaitsForAStartInTheFuture) {
  const WindowPlanner planner(start, lookback);
  for (const Instant now : {start - hours{1}, start}) {
    EXPECT_EQ(planner.history({}, at(now), std::nullopt), std::nullopt);
    EXPECT_EQ(live(planner, {}, at(now)), std::nullopt);
    EXPECT_EQ(planner.live_beside_history(at(now), std::nullopt), std::nullopt);
  }
}

TEST(WindowPlannerTest, TheOldestGapGoesFirst) {
  const WindowPlanner planner(start, lookback);
  const Instant now = start + hours{100};
  const Coverage coverage({{start + hours{10}, start + hours{20}}, {start + hours{30}, now - settle}});
  const auto window = planner.history(coverage, at(now), std::nullopt);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->span, (Interval{start, start + hours{10}}));
  EXPECT_EQ(window->cover_to, window->span.to);
  const auto narrow = planner.history(coverage, at(now), minutes{30});
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow->span, (Interval{start, start + minutes{30}}));
}

TEST(WindowPlannerTest, WithoutAGapThereIsNoHistory) {
  const WindowPlanner planner(start, lookback);
  const Instant now = start + hours{100};
  EXPECT_EQ(planner.history(Coverage({{start, now - settle}}), at(now), std::nullopt), std::nullopt);
}

TEST(WindowPlannerTest, TheFirstLiveReadBesideADeepHistoryCoversWhatAllLaterOnesLookBackOver) {
  const WindowPlanner planner(start, lookback);
  const Instant now = start + hours{100};
  const auto window = planner.live_beside_history(at(now), std::nullopt);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->span, (Interval{now - settle - lookback, now}));
  EXPECT_EQ(window->cover_to, now - settle);
}

TEST(WindowPlannerTest, NoLiveReadBesideTheHistoryIsWiderThanWhatFits) {
  const WindowPlanner planner(start, lookback);
  const Instant now = start + hours{100};
  EXPECT_EQ(planner.live_beside_history(at(now), lookback), std::nullopt);
  EXPECT_TRUE(planner.live_beside_history(at(now), lookback + settle));
}

TEST(WindowPlannerTest, ALiveReadBesideTheHistoryThatCoversNothingIsNone) {
  const WindowPlanner planner(start, Milliseconds{0});
  EXPECT_EQ(planner.live_beside_history(at(start + hours{100}), std::nullopt), std::nullopt);
}

TEST(WindowPlannerTest, AClockThatWentBackReadsThePresentItHas) {
  const WindowPlanner planner(start, lookback);
  for (const Milliseconds back : {Milliseconds{hours{24}}, Milliseconds{hours{24 * 365}}}) {
    const Instant covered_to = start + hours{24 * 400};
    const Instant now = covered_to - back;
    const auto window = live(planner, Coverage({{start, covered_to}}), at(now));
    ASSERT_TRUE(window);
    EXPECT_EQ(window->span, (Interval{now - settle - lookback, now}));
    EXPECT_LE(window->cover_to, window->span.to);
  }
}

TEST(LiveRoundTest, HalvingTheWidthAlwaysNarrowsAWindow) {
  const WindowPlanner planner(start, lookback);
  const Coverage coverage({{start, start + hours{10}}});
  const Present present = at(start + hours{10} + minutes{3});
  std::optional<Milliseconds> width;
  Milliseconds before = hours{24};
  for (int round = 0;; ++round) {
    const auto window = live(planner, coverage, present, width);
    ASSERT_TRUE(window);
    const Milliseconds span = window->span.to - window->span.from;
    ASSERT_LT(span, before);
    if (span <= Milliseconds{2}) {
      break;
    }
    ASSERT_LT(round, 100);
    before = span;
    width = narrower_width(window->span, 1'000'000, window->span, 2'000'000'000);
  }
}

// Covered for ten hours and read three minutes later: the look-back and the present are 13 minutes.
class LiveRoundNarrowTest : public testing::Test {
 protected:
  static constexpr Instant edge = start + hours{10};

  Window next(Milliseconds freshness = Milliseconds::max()) {
    return round_->next(coverage_, at(now_), width_, freshness);
  }
  void read(const Window& window) {
    coverage_.add(window.covered());
    round_->on_read(window.span);
  }

  Coverage coverage_{{{start, edge}}};
  Instant now_ = edge + minutes{3};
  std::optional<Milliseconds> width_ = minutes{5};
  std::optional<LiveRound> round_ = WindowPlanner(start, lookback).live(coverage_, at(now_));
};

TEST_F(LiveRoundNarrowTest, ReadsAllOfTheLookBackBeforeItCoversAnythingNew) {
  for (const Milliseconds part : {minutes{0}, minutes{5}}) {
    const Window window = next();
    EXPECT_EQ(window.span, (Interval{edge - lookback + part, edge - minutes{5} + part}));
    EXPECT_TRUE(round_->in_parts());
    read(window);
    EXPECT_EQ(*coverage_.end(), edge);
    EXPECT_FALSE(round_->done());
  }
  const Window last = next();
  EXPECT_EQ(last.span, (Interval{edge, edge + minutes{3}}));
  EXPECT_EQ(last.cover_to, edge + minutes{1});
  read(last);
  EXPECT_TRUE(round_->done());
}

TEST_F(LiveRoundNarrowTest, CoversNoMoreThanWhatHadSettledWhenItBegan) {
  read(next());
  now_ += hours{1};
  read(next());
  read(next());
  EXPECT_TRUE(round_->done());
  EXPECT_EQ(*coverage_.end(), edge + minutes{1}) << "what appeared late meanwhile would be left behind";
}

TEST_F(LiveRoundNarrowTest, ReadsWhatIsNewFirstAndThenEveryOtherTurnWhileItLooksBack) {
  width_ = minutes{1};
  const Window first = next(minutes{1});
  EXPECT_EQ(first.span, (Interval{edge, edge + minutes{1}})) << "in the order of time";
  EXPECT_TRUE(first.covered().empty());
  read(first);
  const Window part = next(minutes{1});
  EXPECT_EQ(part.span, (Interval{edge - lookback, edge - lookback + minutes{1}}));
  read(part);
  EXPECT_EQ(next(minutes{1}).span, (Interval{edge + minutes{1}, edge + minutes{2}}));
}

TEST_F(LiveRoundNarrowTest, GivesTheOtherSideItsTurnWhenAReadFails) {
  const Window fresh = next(minutes{1});
  EXPECT_EQ(fresh.span.from, edge);
  EXPECT_EQ(next(minutes{1}).span.from, edge - lookback) << "what is new cannot be read";
  EXPECT_EQ(next(minutes{1}), fresh) << "the look-back cannot be read";
}

TEST_F(LiveRoundNarrowTest, LeavesTheFreshAloneWhileItIsFreshEnough) {
  read(next(minutes{1}));
  read(next(minutes{1}));
  EXPECT_EQ(next(minutes{1}).span.from, edge - minutes{5}) << "read to the present a moment ago";
}

TEST_F(LiveRoundNarrowTest, GoesOnToTheEndWhereTheWidthAllowsIt) {
  read(next());
  width_ = std::nullopt;
  EXPECT_EQ(next().span, (Interval{edge - minutes{5}, edge + minutes{3}}));
}

TEST_F(LiveRoundNarrowTest, ATooLargePartIsReadInNarrowerOnes) {
  read(next());
  width_ = minutes{1};
  EXPECT_EQ(next().span, (Interval{edge - minutes{5}, edge - minutes{4}}));
}

TEST_F(LiveRoundNarrowTest, APartBehindWhatAClockLeftUncoveredMakesNoHole) {
  width_ = minutes{10} + seconds{30};
  const Window part = next();
  EXPECT_EQ(part.cover_to, edge + seconds{30});
  round_->on_read(part.span);  // but its end was not covered: the answers said that our clock is ahead
  EXPECT_TRUE(next().covered().empty());
}

TEST_F(LiveRoundNarrowTest, DoesNotHoldWhenAClockGoesBackBehindItsEnd) {
  EXPECT_TRUE(round_->holds(at(now_)));
  EXPECT_FALSE(round_->holds(at(now_ - Milliseconds{1})));
}

TEST(WindowPlannerWidthTest, NarrowerIsAtMostHalfAndAtLeastAMillisecond) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Interval span{start, start + Milliseconds{2 + static_cast<std::int64_t>(random.below(1'000'000'000'000))}};
    const Interval seen{start, start + Milliseconds{static_cast<std::int64_t>(random.below(1'000'000'000'000))}};
    const Milliseconds width = narrower_width(span, static_cast<int>(random.below(30'000)), seen, 25'000);
    ASSERT_GE(width, Milliseconds{1});
    ASSERT_LE(width, (span.to - span.from) / 2);
  }
}

TEST(WindowPlannerWidthTest, NarrowerHoldsAboutHalfOfWhatFitsWhereTheRowsAreDense) {
  const Interval span{start, start + hours{1000}};
  const Interval seen{start + hours{999}, start + hours{1000}};
  const Milliseconds width = narrower_width(span, 25'000, seen, 25'000);
  EXPECT_GE(width, minutes{29});
  EXPECT_LE(width, minutes{30});
}

TEST(WindowPlannerWidthTest, WiderGrowsWhereFewRowsAreFoundAndForgetsTheLimitWhenItOutgrowsTheWhole) {
  const Interval whole{start, start + hours{10}};
  EXPECT_EQ(wider_width(minutes{10}, 0, 1000, whole), minutes{40});
  EXPECT_EQ(wider_width(minutes{10}, 250, 1000, whole), minutes{20});
  EXPECT_EQ(wider_width(minutes{10}, 251, 1000, whole), minutes{10});
  EXPECT_EQ(wider_width(hours{6}, 10, 1000, whole), std::nullopt);
  EXPECT_EQ(wider_width(std::nullopt, 999, 1000, whole), std::nullopt);
}

// A user read for days by a daemon whose clock jumps, in windows of any width, complete and not.
class Walk {
 public:
  explicit Walk(std::uint64_t seed) : random_(seed), lookback_(below(4) == 0 ? 0 : below(3'600'000)) {}

  void run() {
    const WindowPlanner planner(start, lookback_);
    for (int step = 0; step < 300; ++step) {
      move_clock();
      const Present present = present_at(now_, Milliseconds{below(7'200'000) - 3'600'000}, settle_);
      const auto width = below(2) == 0 ? std::nullopt : std::optional{Milliseconds{1 + below(100'000'000)}};
      const auto kind = static_cast<int>(below(3));
      const auto window = kind == 0                       ? planner.history(coverage_, present, width)
                          : kind == 1                     ? live(planner, coverage_, present, width)
                          : coverage_.intervals().empty() ? planner.live_beside_history(present, width)
                                                          : std::nullopt;
      if (window) {
        ASSERT_NO_FATAL_FAILURE(judge(*window, present, width, kind));
        if (below(3) > 0 && window->cover_to > window->span.from) {
          coverage_.add(window->covered());
        }
      }
    }
  }

  // From any state of the user, reads without faults reach the present.
  void catch_up() {
    const WindowPlanner planner(start, lookback_);
    now_ = std::max(now_, start + hours{24});
    const Present present = present_at(now_, Milliseconds{0}, settle_);
    std::optional<Milliseconds> width = Milliseconds{1 + below(1000)};
    std::optional<LiveRound> round;
    Instant read_to = Instant::min();
    for (int reads = 0; reads < 200; ++reads) {
      auto window = planner.history(coverage_, present, width);
      if (!window) {
        if (!round) {
          round = planner.live(coverage_, present);
        }
        if (!round) {
          return;  // The look-back is nothing and all is covered.
        }
        window = round->next(coverage_, present, width, Milliseconds::max());
        ASSERT_FALSE(window->span.empty());
        round->on_read(window->span);
        ASSERT_GT(window->span.to, read_to) << "a read without progress";
        read_to = window->span.to;
      }
      if (window->cover_to > window->span.from) {
        coverage_.add(window->covered());
      }
      if (planner.history(coverage_, present, std::nullopt) == std::nullopt && window->span.to >= present.cover_to) {
        EXPECT_GE(coverage_.frontier(start), present.cover_to);
        return;
      }
      width = wider_width(width, 0, 25'000, {start, present.read_to});
    }
    FAIL() << "the present is not reached";
  }

 private:
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
  }

  void move_clock() {
    switch (below(20)) {
      case 0:
        now_ -= hours{24};
        break;
      case 1:
        now_ -= hours{24 * 365};
        break;
      case 2:
        now_ += hours{24 * 30};
        break;
      default:
        now_ += Milliseconds{below(600'000)};
    }
  }

  void judge(const Window& window, const Present& present, std::optional<Milliseconds> width, int kind) {
    ASSERT_FALSE(window.span.empty());
    ASSERT_GE(window.span.from, start);
    ASSERT_LE(window.cover_to, window.span.to);
    if (width) {
      ASSERT_LE(window.span.to - window.span.from, *width);
    }
    if (kind == 1) {
      const Instant edge =
          *coverage_.end() <= present.read_to ? *coverage_.end() : std::min(*coverage_.end(), present.cover_to);
      ASSERT_LE(window.cover_to, present.cover_to) << "what may still change is not covered";
      ASSERT_EQ(window.span.from, std::max(start, edge - lookback_)) << "no hole, and all of the look-back";
    }
  }

  Random random_;
  Milliseconds lookback_;
  Milliseconds settle_ = seconds{120};
  Instant now_ = start;
  Coverage coverage_;
};

TEST(WindowPlannerModelTest, NoWindowIsEmptyOrInvertedAndAllLeadToThePresent) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    ASSERT_NO_FATAL_FAILURE(walk.run());
    ASSERT_NO_FATAL_FAILURE(walk.catch_up());
  }
}

}  // namespace
}  // namespace elit
