// The pager reads from servers that do anything the documentation allows.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fetch/pager.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/list_server.hpp"

namespace elit::properties {
namespace {

using Verdict = Pager::Verdict;

const char* name_of(Verdict verdict) {
  constexpr const char* names[] = {"more", "check", "again", "complete", "unproven", "too large"};
  return names[static_cast<int>(verdict)];
}

// The rule of the daemon: a page with unusable elements beside rows may hide other instants.
bool of_one_instant(const std::vector<ListRow>& rows) {
  const auto nulls = std::count_if(rows.begin(), rows.end(), [](const ListRow& row) { return row.content == 0; });
  return (nulls == 0 || nulls == static_cast<std::ptrdiff_t>(rows.size())) &&
         (nulls > 0 || std::all_of(rows.begin(), rows.end(),
                                   [&rows](const ListRow& row) { return row.instant == rows.front().instant; }));
}

// Reads one window page by page as the daemon does. It may be killed between two pages and continues after that.
class Reading {
 public:
  Reading(Choices& choices, const PagingHabits& habits, PagingFacts& facts)
      : choices_(choices), habits_(habits), facts_(facts), list_(choices, habits) {
    limits_.page_size = habits.page_size;
    pager_.emplace(limits_, facts_);
    choices_.note([this] { return "list: " + text_of(list_.rows()); });
  }

  [[nodiscard]] bool finished() const {
    return verdict_ == Verdict::complete || verdict_ == Verdict::unproven || verdict_ == Verdict::too_large;
  }

  void step() {
    if (!staged_.empty() && !pager_->checking() && choices_.chance(12)) {
      restart();
    }
    if (pager_->page() == 1 && !pager_->checking()) {
      at_start_of_pass_ = counts_of(list_.rows());
      pages_.clear();
    }
    const int number = pager_->page();
    const int pass = pager_->pass();
    const bool checking = pager_->checking();
    const ServedPage served = list_.read(number, choices_, habits_);
    std::vector<Digest> digests;
    for (const ListRow& row : served.rows) {
      digests.push_back(digest_of(row));
    }
    verdict_ = pager_->on_page(digests, served.past_the_end || served.rows.empty(), of_one_instant(served.rows));
    ++requests_;
    choices_.note([&] {
      return std::string(checking ? "check" : "page " + std::to_string(number)) + ": " + text_of(served.rows) + ": " +
             name_of(verdict_);
    });
    if (!checking && !served.rows.empty() && pager_->pages() >= number && pager_->pass() == pass) {
      pages_.push_back(served.rows);
      staged_.push_back(digests);
    }
    if (verdict_ == Verdict::again) {
      previous_ = std::exchange(staged_, {});
    } else if (finished()) {
      judge();
    }
  }

  // Every pass reads the list and the page past its end, and one more request checks the first page. A pass may begin
  // again each time rows are added.
  [[nodiscard]] int requests_max() const {
    constexpr int repeats_of_the_end = 4;
    const int pages = static_cast<int>(list_.rows().size()) / habits_.size() + 1;
    return limits_.passes_max * (pages + repeats_of_the_end) + list_.growths() * repeats_of_the_end + 1;
  }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void judge() {
    const Counts now = counts_of(list_.rows());
    pages_.resize(std::min(pages_.size(), static_cast<std::size_t>(pager_->pages())));
    choices_.note([&] { return "in the end: " + text_of(list_.rows()); });
    if (verdict_ == Verdict::complete) {
      EXPECT_TRUE(holds_all(across_pages(), at_start_of_pass_)) << "a message is lost";
      EXPECT_TRUE(holds_all(now, across_pages())) << "a message is invented or doubled";
    } else if (verdict_ == Verdict::unproven) {
      EXPECT_TRUE(holds_all(now, within_pages())) << "a message is invented or doubled";
      EXPECT_TRUE(list_.moves()) << "a list at rest is always proven";
    } else {
      EXPECT_FALSE(facts_.numbers_honoured) << "a short list is only divided to see past a number that is ignored";
    }
  }

  void restart() {
    choices_.note([] { return "restart"; });
    const int pass = pager_->pass();
    pager_.emplace(limits_, facts_);
    pager_->resume(pass, staged_, previous_);
  }

  [[nodiscard]] Counts across_pages() const {
    Counts counts;
    for (const auto& page : pages_) {
      for (const auto& [digest, count] : counts_of(page)) {
        counts[digest] += count;
      }
    }
    return counts;
  }

  [[nodiscard]] Counts within_pages() const {
    Counts counts;
    for (const auto& page : pages_) {
      for (const auto& [digest, count] : counts_of(page)) {
        counts[digest] = std::max(counts[digest], count);
      }
    }
    return counts;
  }

  Choices& choices_;
  const PagingHabits& habits_;
  PagingFacts& facts_;
  ServedList list_;
  Pager::Limits limits_;
  std::optional<Pager> pager_;
  Verdict verdict_ = Verdict::more;
  int requests_ = 0;
  Counts at_start_of_pass_;
  std::vector<std::vector<ListRow>> pages_;
  std::vector<std::vector<Digest>> staged_;
  std::vector<std::vector<Digest>> previous_;
};

// Two readers of one source share what they learn about its pages, and read one window after another.
TEST(PagerPropertyTest, WhatIsCompleteHoldsEveryMessageOfTheWindowOnceAndEveryReadingEnds) {
  for_all([](Choices& choices) {
    PagingHabits habits(choices);
    PagingFacts facts;
    for (int round = 0; round == 0 || (round < 3 && choices.more(1)); ++round) {
      if (choices.chance(4)) {
        habits.change_cap(choices);
      }
      choices.note([&] { return habits.text(); });
      Reading one(choices, habits, facts);
      std::optional<Reading> other;
      if (choices.chance(3)) {
        other.emplace(choices, habits, facts);
      }
      while (!one.finished() || (other && !other->finished())) {
        const bool others_turn = other && !other->finished() && (one.finished() || choices.chance(2));
        choices.note([&] { return others_turn ? "the other:" : "the one:"; });
        Reading& next = others_turn ? *other : one;
        next.step();
        if (next.requests() > next.requests_max()) {
          ADD_FAILURE() << "no end after " << next.requests() << " requests";
          return;
        }
      }
    }
  });
}

}  // namespace
}  // namespace elit::properties
