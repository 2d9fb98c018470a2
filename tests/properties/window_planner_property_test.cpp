// Windows planned for users in every state, under a clock that may jump.

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "core/fetch/window_planner.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/printed_values.hpp"

namespace elit::properties {
namespace {

// A short axis, so that windows, look-backs and gaps meet.
constexpr Instant start = from_ms(1'000);
constexpr int axis = 256;
constexpr int limitless = 1'000'000;

struct Setting {
  Milliseconds lookback;
  Milliseconds settle;
};

Setting setting_from(Choices& choices) {
  const Setting setting{Milliseconds{choices.one_of({0, 1, 5, 20, 300})}, Milliseconds{choices.one_of({0, 1, 5, 20})}};
  choices.note([&] {
    return "look-back " + std::to_string(setting.lookback.count()) + ", settle " +
           std::to_string(setting.settle.count());
  });
  return setting;
}

Instant instant_from(Choices& choices) {
  return start + Milliseconds{choices.number(-10, axis)};
}

Coverage coverage_from(Choices& choices) {
  Coverage coverage;
  while (choices.more(3)) {
    const Instant from = instant_from(choices);
    coverage.add({from, from + Milliseconds{choices.number(0, 60)}});
  }
  choices.note([&] { return "covered: " + testing::PrintToString(coverage.intervals()); });
  return coverage;
}

Present present_from(Choices& choices, Instant now, Milliseconds settle) {
  const Milliseconds skew{choices.chance(3) ? choices.number(-40, 40) : 0};
  const Present present = present_at(now, skew, settle);
  choices.note([&] { return "present: " + testing::PrintToString(present); });
  return present;
}

std::optional<Milliseconds> width_from(Choices& choices) {
  std::optional<Milliseconds> width;
  if (choices.chance(2)) {
    width = Milliseconds{choices.one_of({1, 2, 3, 7, 30, 200})};
  }
  choices.note([&] { return "width: " + (width ? std::to_string(width->count()) : "none"); });
  return width;
}

// Whether the window asks for all that has settled.
bool reaches(const Window& window, Present present) {
  return window.span.to >= present.cover_to;
}

void expect_sound(const Window& window, Present present, std::optional<Milliseconds> width) {
  EXPECT_FALSE(window.span.empty()) << testing::PrintToString(window);
  EXPECT_GE(window.span.from, start) << testing::PrintToString(window);
  EXPECT_LE(window.span.to, present.read_to) << "the future is not read: " << testing::PrintToString(window);
  EXPECT_LE(window.cover_to, present.cover_to) << "what may change is not covered: " << testing::PrintToString(window);
  EXPECT_LE(window.cover_to, window.span.to) << "what is not read is not covered: " << testing::PrintToString(window);
  if (width) {
    EXPECT_LE(window.span.to - window.span.from, *width) << testing::PrintToString(window);
  }
}

TEST(PresentPropertyTest, IsTheWiderSideForReadingAndTheNarrowerForCovering) {
  for_all([](Choices& choices) {
    const Instant now = instant_from(choices);
    const Milliseconds skew{choices.number(-1000, 1000)};
    const Milliseconds settle{choices.number(0, 100)};
    const Present present = present_at(now, skew, settle);
    for (const Instant clock : {now, now + skew}) {
      EXPECT_GE(present.read_to, clock);
      EXPECT_LE(present.cover_to + settle, clock);
    }
  });
}

TEST(WindowPlannerPropertyTest, ALiveReadGoesBackByTheLookBackAndLeavesNoHole) {
  for_all([](Choices& choices) {
    const Setting setting = setting_from(choices);
    const Coverage coverage = coverage_from(choices);
    const Present present = present_from(choices, instant_from(choices), setting.settle);
    const std::optional<Milliseconds> width = width_from(choices);
    const WindowPlanner planner(start, setting.lookback);
    std::optional<LiveRound> round = planner.live(coverage, present);
    const bool covered = coverage.end() && *coverage.end() > start;
    if (!covered) {
      EXPECT_FALSE(round) << "the history comes first";
      return;
    }
    const Instant edge =
        *coverage.end() <= present.read_to ? *coverage.end() : std::min(*coverage.end(), present.cover_to);
    if (!round) {
      EXPECT_TRUE(edge < start || edge >= present.read_to) << "only a clock that went back lets it wait";
      return;
    }
    const Window window = round->next(coverage, present, width, Milliseconds::max());
    expect_sound(window, present, width);
    EXPECT_EQ(window.span.from, std::max(start, edge - setting.lookback));
    EXPECT_TRUE(window.span.from <= *coverage.end()) << "a hole behind what is covered";
    EXPECT_EQ(round->in_parts(), !reaches(window, present) || window.span.to < present.read_to);
    if (!width) {
      EXPECT_TRUE(reaches(window, present));
    }
  });
}

// With windows of any width: a limited number of reads covers the whole look-back and everything up to the present.
// Nothing new is covered before the look-back is read.
TEST(LiveRoundPropertyTest, ReadsEverythingInABoundedNumberOfPartsWhateverTheWidth) {
  for_all([](Choices& choices) {
    const Setting setting = setting_from(choices);
    const Instant edge = start + Milliseconds{choices.number(1, axis)};
    Coverage coverage({{start, edge}});
    Instant now = edge + setting.settle + Milliseconds{choices.number(0, axis)};
    const Milliseconds width{choices.one_of({1, 2, 3, 7, 30, 200})};
    const Milliseconds freshness{choices.one_of({1, 5, 50})};
    const auto present = [&] { return present_at(now, Milliseconds{0}, setting.settle); };
    std::optional<LiveRound> round = WindowPlanner(start, setting.lookback).live(coverage, present());
    if (!round) {
      EXPECT_EQ(now, edge);
      return;
    }
    const Interval whole{std::max(start, edge - setting.lookback), now};
    choices.note([&] { return "to be read: " + testing::PrintToString(whole); });
    const auto parts_of = [&](Milliseconds length) { return (length + width - Milliseconds{1}) / width; };
    const auto parts_max = parts_of(edge - whole.from) * 2 + 1 + parts_of(whole.to - whole.from);
    Coverage read;
    for (auto parts = parts_max; !round->done(); --parts) {
      if (parts <= 0) {
        ADD_FAILURE() << "more than " << parts_max << " reads";
        return;
      }
      const Window window = round->next(coverage, present(), width, freshness);
      choices.note([&] { return "window: " + testing::PrintToString(window); });
      expect_sound(window, present(), width);
      read.add(window.span);
      coverage.add(window.covered());
      EXPECT_TRUE(coverage.end() == edge || read.gaps({whole.from, edge}).empty()) << "the look-back is left behind";
      round->on_read(window.span);
      now += Milliseconds{choices.number(0, 3)};
    }
    EXPECT_EQ(read.gaps(whole), std::vector<Interval>());
  });
}

TEST(WindowPlannerPropertyTest, HistoryIsTheOldestGapThatHasSettled) {
  for_all([](Choices& choices) {
    const Setting setting = setting_from(choices);
    const Coverage coverage = coverage_from(choices);
    const Present present = present_from(choices, instant_from(choices), setting.settle);
    const std::optional<Milliseconds> width = width_from(choices);
    const WindowPlanner planner(start, setting.lookback);
    const std::optional<Window> window = planner.history(coverage, present, width);
    if (!window) {
      const Instant edge = std::min(present.cover_to, coverage.end().value_or(present.cover_to));
      EXPECT_TRUE(coverage.gaps({start, edge}).empty());
      return;
    }
    expect_sound(*window, present, width);
    EXPECT_EQ(window->span.from, coverage.frontier(start)) << "the oldest goes first";
    EXPECT_EQ(coverage.gaps(window->span), std::vector{window->span}) << "nothing is read twice";
  });
}

TEST(WindowPlannerPropertyTest, AReadBesideTheHistoryCoversALookBackOrIsNone) {
  for_all([](Choices& choices) {
    const Setting setting = setting_from(choices);
    const Present present = present_from(choices, instant_from(choices), setting.settle);
    const std::optional<Milliseconds> width = width_from(choices);
    const auto window = WindowPlanner(start, setting.lookback).live_beside_history(present, width);
    if (window) {
      expect_sound(*window, present, width);
      EXPECT_GT(window->cover_to, window->span.from) << "a read that covers nothing";
      EXPECT_TRUE(reaches(*window, present));
    }
  });
}

// Reads one user for some time: windows of any kind, widths that depend on what was found, reads that fail, a clock
// that jumps. `settled` records for each instant whether a complete read saw it after it had settled: an instant may be
// covered only then.
class Following {
 public:
  explicit Following(Choices& choices)
      : choices_(choices), setting_(setting_from(choices)), planner_(start, setting_.lookback) {}

  void step() {
    now_ += Milliseconds{choices_.number(0, 20)};
    if (choices_.chance(12)) {
      now_ += Milliseconds{choices_.number(-200, 200)};
    }
    now_ = std::clamp(now_, start - Milliseconds{10}, start + Milliseconds{axis});
    const Present present = present_from(choices_, now_, setting_.settle);
    read(choices_.one_of({0, 1, 2}), present);
    for (const Interval& interval : coverage_.intervals()) {
      for (Instant instant = interval.from; instant < interval.to; instant += Milliseconds{1}) {
        EXPECT_TRUE(settled_.test(bit(instant)))
            << to_ms(instant) << " is covered, but was never read after it settled";
      }
    }
  }

  // From now on no read fails and the time does not change. The reads reach the present and leave out nothing before
  // it.
  void catch_up() {
    const Present present = present_at(now_, Milliseconds{0}, setting_.settle);
    choices_.note([&] { return "and then, present: " + testing::PrintToString(present); });
    for (int reads = 0; reads < 4 * axis; ++reads) {
      const std::optional<Window> rest = planner_.history(coverage_, present, std::nullopt);
      const bool history_left = rest && rest->span.from < present.cover_to;
      const auto window = history_left ? planner_.history(coverage_, present, width_) : plan_live(present);
      if (!window) {
        EXPECT_EQ(coverage_.gaps({start, present.cover_to}), std::vector<Interval>()) << "a hole is left";
        return;
      }
      expect_sound(*window, present, width_);
      const std::vector<Interval> before = coverage_.intervals();
      coverage_.add(window->covered());
      if (history_left) {
        EXPECT_NE(coverage_.intervals(), before) << "a read without progress: " << testing::PrintToString(*window);
      } else if (live_is_done(*window) && coverage_.gaps({start, present.cover_to}).empty()) {
        return;  // A live read that began earlier may be followed by one more.
      }
      width_ = wider_width(width_, 0, limitless, {start, present.read_to});
    }
    ADD_FAILURE() << "the present is not reached";
  }

 private:
  static std::size_t bit(Instant instant) { return static_cast<std::size_t>((instant - start).count()); }

  std::optional<Window> plan(int kind, Present present) {
    const bool covered = coverage_.end() && *coverage_.end() > start;
    if (kind == 0) {
      return planner_.history(coverage_, present, width_);
    }
    return covered ? plan_live(present) : planner_.live_beside_history(present, width_);
  }

  std::optional<Window> plan_live(Present present) {
    if (!round_ || !round_->in_parts() || !round_->holds(present)) {
      round_ = planner_.live(coverage_, present);
    }
    return round_ ? std::optional(round_->next(coverage_, present, width_, Milliseconds{10})) : std::nullopt;
  }

  // After a live read was complete.
  bool live_is_done(const Window& window) {
    round_->on_read(window.span);
    const bool done = round_->done();
    if (done) {
      round_.reset();
    }
    return done;
  }

  void read(int kind, Present present) {
    const std::optional<Window> window = plan(kind, present);
    choices_.note([&] { return "window: " + (window ? testing::PrintToString(*window) : "none"); });
    if (!window) {
      return;
    }
    expect_sound(*window, present, width_);
    switch (choices_.below(4)) {
      case 0:
      case 1:
        coverage_.add(window->covered());
        if (kind != 0 && round_) {
          live_is_done(*window);
        }
        for (Instant instant = window->span.from; instant < std::min(window->span.to, present.cover_to);
             instant += Milliseconds{1}) {
          settled_.set(bit(instant));
        }
        width_ = wider_width(width_, choices_.number(0, 100), 100, {start, present.read_to});
        break;
      case 2:
        width_ = narrower_width(window->span, choices_.number(0, 100), window->span, 100);
        break;
      default:
        if (choices_.chance(3)) {
          round_.reset();  // a restart
        }
        break;  // the read failed
    }
  }

  Choices& choices_;
  Setting setting_;
  WindowPlanner planner_;
  Instant now_ = start;
  Coverage coverage_;
  std::optional<Milliseconds> width_;
  std::optional<LiveRound> round_;
  std::bitset<axis + 64> settled_;
};

TEST(WindowPlannerPropertyTest, WhatIsCoveredWasReadAfterItSettledAndThePresentIsReached) {
  for_all([](Choices& choices) {
    Following following(choices);
    while (choices.more(15)) {
      following.step();
    }
    following.catch_up();
  });
}

// One user whose messages appear as late as the look-back allows. The daemon reads in windows of any width, fails, and
// is restarted. Its clock is right.
class Lateness {
 public:
  explicit Lateness(Choices& choices)
      : choices_(choices), setting_(setting_from(choices)), planner_(start, setting_.lookback) {
    while (choices_.more(6)) {
      const Instant dated = start + Milliseconds{choices_.number(0, axis)};
      const auto late_max = static_cast<int>((setting_.lookback + setting_.settle).count());
      messages_.push_back({dated, dated + Milliseconds{choices_.number(0, late_max)}});
    }
    choices_.note([&] {
      std::string text = "messages:";
      for (const Message& message : messages_) {
        text += " " + std::to_string(to_ms(message.dated)) + "/" + std::to_string(to_ms(message.visible_from));
      }
      return text;
    });
  }

  void live_on() {
    while (choices_.more(30)) {
      now_ += Milliseconds{choices_.number(0, 20)};
      width_ = width_from(choices_);
      read(!choices_.chance(4));
      if (choices_.chance(8)) {
        choices_.note([] { return "restart"; });
        round_.reset();
      }
    }
    // Every message has appeared. The current live read ends; the next one finds what is still missing.
    now_ += Milliseconds{2 * axis + 600};
    width_ = Milliseconds{200};
    const int enough = rounds_done_ + 2;
    for (int reads = 0; reads < axis && rounds_done_ < enough; ++reads) {
      now_ += Milliseconds{1};
      read(true);
    }
    EXPECT_EQ(rounds_done_, enough);
    for (const Message& message : messages_) {
      EXPECT_TRUE(message.found) << "dated " << to_ms(message.dated) << ", visible from "
                                 << to_ms(message.visible_from);
    }
  }

 private:
  struct Message {
    Instant dated;
    Instant visible_from;
    bool found = false;
  };

  [[nodiscard]] Present present() const { return present_at(now_, Milliseconds{0}, setting_.settle); }

  void read(bool succeeds) {
    const bool covered = coverage_.end() && *coverage_.end() > start;
    if (!covered || (!round_ && choices_.chance(3))) {
      if (const auto window = planner_.history(coverage_, present(), width_)) {
        complete(*window, succeeds);
        return;
      }
    }
    if (!round_ || !round_->in_parts()) {
      round_ = planner_.live(coverage_, present());
    }
    if (!round_) {
      return;
    }
    const Window window = round_->next(coverage_, present(), width_, Milliseconds{15});
    if (complete(window, succeeds)) {
      round_->on_read(window.span);
      if (round_->done()) {
        round_.reset();
        ++rounds_done_;
      }
    }
  }

  bool complete(const Window& window, bool succeeds) {
    choices_.note([&] {
      return std::to_string(to_ms(now_)) + ": " + testing::PrintToString(window) + (succeeds ? "" : " fails");
    });
    if (succeeds) {
      coverage_.add(window.covered());
      for (Message& message : messages_) {
        const bool shown = message.visible_from <= now_;
        message.found = message.found || (shown && message.dated >= window.span.from && message.dated < window.span.to);
      }
    }
    return succeeds;
  }

  Choices& choices_;
  Setting setting_;
  WindowPlanner planner_;
  Instant now_ = start + Milliseconds{1};
  Coverage coverage_;
  std::optional<Milliseconds> width_;
  std::optional<LiveRound> round_;
  int rounds_done_ = 0;
  std::vector<Message> messages_;
};

TEST(LiveRoundPropertyTest, WhatAppearsWithinTheLookBackIsFoundInNarrowWindowsAndOverRestarts) {
  for_all([](Choices& choices) { Lateness(choices).live_on(); });
}

TEST(WindowWidthPropertyTest, NarrowingHalvesAtLeastAndEndsWhereNothingNarrowerCanBeAsked) {
  for_all([](Choices& choices) {
    Interval span{start, start + Milliseconds{1 + choices.of_any_size(40)}};
    choices.note([&] { return "span " + testing::PrintToString(span); });
    for (int round = 0; span.to - span.from > Milliseconds{1}; ++round) {
      const Interval seen{span.from, span.from + Milliseconds{choices.of_any_size(40)}};
      const int rows = choices.number(0, 30'000);
      const int rows_max = choices.number(1, 30'000);
      const Milliseconds width = narrower_width(span, rows, seen, rows_max);
      EXPECT_GE(width, Milliseconds{1});
      EXPECT_LE(width, (span.to - span.from) / 2);
      const double rows_per_ms =
          static_cast<double>(rows) / std::max(1.0, static_cast<double>((seen.to - seen.from).count()));
      if (width > Milliseconds{1} && !seen.empty()) {
        EXPECT_LE(rows_per_ms * static_cast<double>(width.count()), rows_max / 2.0 + 1)
            << "as dense, it is too large again";
      }
      span.to = span.from + width;
      if (round > 42) {
        ADD_FAILURE() << "narrowing does not end";
        return;
      }
    }
  });
}

TEST(WindowWidthPropertyTest, WideningNeverNarrowsAndAtMostQuadruples) {
  for_all([](Choices& choices) {
    const Milliseconds width{1 + choices.of_any_size(40)};
    const Interval whole{start, start + Milliseconds{choices.of_any_size(41)}};
    const int rows_max = choices.number(4, 30'000);
    const int rows = choices.number(0, rows_max);
    const std::optional<Milliseconds> wider = wider_width(width, rows, rows_max, whole);
    EXPECT_EQ(wider_width(std::nullopt, rows, rows_max, whole), std::nullopt) << "no limit becomes none";
    if (rows > rows_max / 4) {
      EXPECT_EQ(wider, width);
    } else if (wider) {
      EXPECT_GE(*wider, 2 * width);
      EXPECT_LE(*wider, 4 * width);
      EXPECT_LT(*wider, whole.to - whole.from);
    } else {
      EXPECT_GE(4 * width, whole.to - whole.from) << "the limit is forgotten too early";
    }
  });
}

}  // namespace
}  // namespace elit::properties
