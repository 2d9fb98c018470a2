#include "core/fetch/pager.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

namespace elit {
namespace {

using Verdict = Pager::Verdict;

Digest row(int number) {
  Digest digest;
  digest.bytes[0] = static_cast<std::uint8_t>(number >> 8);
  digest.bytes[1] = static_cast<std::uint8_t>(number);
  digest.bytes[12] = 1;
  return digest;
}

std::vector<Digest> page(std::initializer_list<int> numbers) {
  std::vector<Digest> rows;
  for (const int number : numbers) {
    rows.push_back(row(number));
  }
  return rows;
}

std::vector<Digest> rows_from(int first, int count) {
  std::vector<Digest> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back(row(first + i));
  }
  return rows;
}

class PagerTest : public ::testing::Test {
 protected:
  Verdict take(std::vector<Digest> rows) { return pager_->on_page(std::move(rows), false, false); }
  Verdict take_one_instant(std::vector<Digest> rows) { return pager_->on_page(std::move(rows), false, true); }
  Verdict end() { return pager_->on_page({}, true, true); }
  void begin_window(Pager::Limits limits = {}) { pager_.emplace(limits, facts_); }

  PagingFacts facts_;
  std::optional<Pager> pager_{std::in_place, Pager::Limits{}, facts_};
};

TEST_F(PagerTest, BeginsWithPageOneOfPassZero) {
  EXPECT_EQ(pager_->page(), 1);
  EXPECT_EQ(pager_->pass(), 0);
  EXPECT_FALSE(pager_->checking());
}

TEST_F(PagerTest, AnEmptyFirstPageIsACompleteList) {
  EXPECT_EQ(end(), Verdict::complete);
  EXPECT_EQ(pager_->rows(), 0);
  EXPECT_FALSE(facts_.end_is_marked) << "page 1 says nothing about what lies past the end";
}

TEST_F(PagerTest, AShortPageAloneIsNoEnd) {
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(pager_->page(), 2);
  EXPECT_EQ(end(), Verdict::complete);
  EXPECT_EQ(pager_->rows(), 2);
  EXPECT_EQ(pager_->pages(), 1);
}

TEST_F(PagerTest, AListOfSeveralPagesIsCompleteWhenItsFirstPageIsUnchanged) {
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_TRUE(pager_->checking());
  EXPECT_EQ(pager_->page(), 1);
  EXPECT_EQ(take(page({1, 2})), Verdict::complete);
  EXPECT_EQ(pager_->rows(), 3);
  EXPECT_EQ(pager_->pages(), 2);
}

TEST_F(PagerTest, TheOrderInsideAPageMayDifferFromReadToRead) {
  EXPECT_EQ(take(page({1, 2, 3})), Verdict::more);
  EXPECT_EQ(take(page({4})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_EQ(take(page({3, 1, 2})), Verdict::complete);
}

TEST_F(PagerTest, AChangedFirstPageBeginsAnotherPass) {
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_EQ(take(page({9, 1})), Verdict::again);
  EXPECT_EQ(pager_->pass(), 1);
  EXPECT_EQ(pager_->page(), 1);
  EXPECT_EQ(pager_->rows(), 0);
  EXPECT_EQ(take(page({9, 1})), Verdict::more);
  EXPECT_EQ(take(page({2, 3})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_EQ(take(page({9, 1})), Verdict::complete);
}

TEST_F(PagerTest, EqualRowsOnTwoPagesCountOnlyAfterTwoEqualPasses) {
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(pager_->pass(), pass);
    EXPECT_EQ(take(page({1, 2})), Verdict::more);
    EXPECT_EQ(take(page({2, 3})), Verdict::more);
    EXPECT_EQ(end(), pass == 0 ? Verdict::again : Verdict::complete);
  }
  EXPECT_EQ(pager_->rows(), 4);
}

TEST_F(PagerTest, AListThatNeverComesToRestIsUnproven) {
  for (int pass = 0; pass < 3; ++pass) {
    EXPECT_EQ(take(page({pass, 100})), Verdict::more);
    EXPECT_EQ(take(page({100, 200})), Verdict::more);
    EXPECT_EQ(end(), Verdict::again);
  }
  EXPECT_EQ(take(page({3, 100})), Verdict::more);
  EXPECT_EQ(take(page({100, 200})), Verdict::more);
  EXPECT_EQ(end(), Verdict::unproven);
  EXPECT_EQ(pager_->rows(), 4) << "the rows of the last pass are kept";
}

TEST_F(PagerTest, ARepeatedLastPageIsTheEndAndCountsOnce) {
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3, 4})), Verdict::more);
  EXPECT_EQ(take(page({3, 4})), Verdict::more) << "the list may have moved by just a page";
  EXPECT_EQ(take(page({3, 4})), Verdict::check);
  EXPECT_EQ(pager_->rows(), 4);
  EXPECT_EQ(pager_->pages(), 2);
  EXPECT_EQ(take(page({1, 2})), Verdict::complete);
  EXPECT_FALSE(facts_.end_is_marked);
}

TEST_F(PagerTest, AListThatMovedByJustOnePageIsNotTakenForItsEnd) {
  facts_.asked_size = 500;
  facts_.numbers_honoured = true;
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({1, 2})), Verdict::more) << "two rows came in front of page 1";
  EXPECT_EQ(take(page({3, 4})), Verdict::more);
  EXPECT_EQ(end(), Verdict::again);
}

TEST_F(PagerTest, AFullFirstPageThatRepeatsIsReadInPartsForTheServerMayIgnoreTheNumber) {
  begin_window({.page_size = 2});
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({1, 2})), Verdict::too_large);
}

TEST_F(PagerTest, APageOfTheVendorsDefaultSizeIsFullHoweverManyRowsWereAskedFor) {
  begin_window({.page_size = 1000});
  EXPECT_EQ(take(rows_from(0, 500)), Verdict::more);
  EXPECT_EQ(take(rows_from(0, 500)), Verdict::too_large);
}

TEST_F(PagerTest, AFullFirstPageThatRepeatsIsTheEndOfAServerThatHonoursNumbers) {
  begin_window({.page_size = 2});
  facts_.numbers_honoured = true;
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({1, 2})), Verdict::complete);
  EXPECT_EQ(pager_->rows(), 2);
}

TEST_F(PagerTest, ANewRowInFrontOfPageOneDoesNotProveThatNumbersAreHonoured) {
  begin_window({.page_size = 3});
  EXPECT_EQ(take(page({1, 2, 3})), Verdict::more);
  EXPECT_EQ(take(page({9, 1, 2})), Verdict::more);
  EXPECT_FALSE(facts_.numbers_honoured);
}

TEST_F(PagerTest, AWindowThatCannotBeDividedIsNeverTooLarge) {
  begin_window({.page_size = 2, .pages_max = 2, .rows_max = 3, .divisible = false});
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3, 4})), Verdict::more);
  EXPECT_EQ(take(page({5, 6})), Verdict::more);
}

TEST_F(PagerTest, AnIndivisibleWindowOfAServerThatMayIgnoreNumbersIsUnproven) {
  begin_window({.page_size = 2, .divisible = false});
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({1, 2})), Verdict::unproven);
}

TEST_F(PagerTest, TooManyPagesOrRowsMakeTheWindowTooLarge) {
  begin_window({.pages_max = 2});
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3, 4})), Verdict::too_large);
  begin_window({.rows_max = 3});
  EXPECT_EQ(take(page({1, 2})), Verdict::more);
  EXPECT_EQ(take(page({3, 4})), Verdict::too_large);
}

TEST_F(PagerTest, EqualPagesOfOneInstantAreMessagesWhereTheEndIsMarked) {
  EXPECT_EQ(take_one_instant(page({1})), Verdict::more);
  EXPECT_EQ(end(), Verdict::complete);
  EXPECT_TRUE(facts_.end_is_marked);
  begin_window();
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(take_one_instant(page({7, 7})), Verdict::more);
    }
    EXPECT_EQ(end(), pass == 0 ? Verdict::again : Verdict::complete);
  }
  EXPECT_EQ(pager_->rows(), 100);
}

TEST_F(PagerTest, EqualPagesOfOneInstantEndTheListWhereTheEndIsNotMarked) {
  EXPECT_EQ(take_one_instant(page({7})), Verdict::more);
  EXPECT_EQ(take_one_instant(page({7})), Verdict::more);
  EXPECT_EQ(take_one_instant(page({7})), Verdict::more);
  EXPECT_EQ(take_one_instant(page({7})), Verdict::complete);
  EXPECT_EQ(pager_->rows(), 1);
}

TEST_F(PagerTest, APageRepeatedForEverEndsSomeTimeThoughAnEndWasOnceMarked) {
  for (const bool one_instant : {false, true}) {
    facts_.end_is_marked = true;
    facts_.numbers_honoured = true;
    begin_window();
    facts_.asked_size = 500;
    int requests = 0;
    Verdict verdict = Verdict::more;
    while (verdict == Verdict::more && requests < 5000) {
      verdict = pager_->on_page(page({7}), false, one_instant);
      ++requests;
    }
    EXPECT_EQ(verdict, Verdict::complete);
    EXPECT_EQ(pager_->rows(), 1);
    EXPECT_FALSE(facts_.end_is_marked) << "the mark was an accident";
  }
}

TEST_F(PagerTest, AShortPageEndsTheListOfASourceThatFillsItsPages) {
  EXPECT_EQ(take(rows_from(0, 500)), Verdict::more);
  EXPECT_EQ(facts_.full_size, 500);
  begin_window();
  EXPECT_EQ(take(rows_from(0, 125)), Verdict::complete);
  begin_window();
  EXPECT_EQ(take(rows_from(0, 126)), Verdict::more) << "the source may have lowered its cap";
}

TEST_F(PagerTest, AShortPageIsNoEndWhereSizesVaryOrTheOperatorSaysSo) {
  facts_ = PagingFacts{.asked_size = 500, .full_size = 500, .sizes_vary = true, .newest_first = {}};
  EXPECT_EQ(take(page({1})), Verdict::more);
  facts_ = PagingFacts{.asked_size = 500, .full_size = 500, .newest_first = {}};
  begin_window({.short_page_ends = Tristate::no});
  EXPECT_EQ(take(page({1})), Verdict::more);
  begin_window({.short_page_ends = Tristate::yes});
  EXPECT_EQ(take(rows_from(0, 499)), Verdict::complete);
}

TEST_F(PagerTest, ElementsThatAreNoRowsFillAPageToo) {
  facts_ = PagingFacts{.asked_size = 500, .full_size = 8, .newest_first = {}};
  std::vector<Digest> unusable(8, Pager::no_row);
  EXPECT_EQ(take_one_instant(unusable), Verdict::more) << "eight of eight: more may follow";
  EXPECT_EQ(take(page({1})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
}

TEST_F(PagerTest, PagesOfUnusableElementsDoNotMakeEqualRows) {
  EXPECT_EQ(take({row(1), Pager::no_row}), Verdict::more);
  EXPECT_EQ(take({row(2), Pager::no_row}), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
}

TEST_F(PagerTest, PagesOfDifferentSizesBeforeTheEndAreNoticed) {
  EXPECT_EQ(take(page({1, 2, 3})), Verdict::more);
  EXPECT_EQ(take(page({4, 5})), Verdict::more);
  EXPECT_EQ(facts_.full_size, 3);
  EXPECT_FALSE(facts_.sizes_vary) << "the last page may be short";
  EXPECT_EQ(take(page({6})), Verdict::more);
  EXPECT_TRUE(facts_.sizes_vary);
}

TEST_F(PagerTest, AnotherPageSizeForgetsWhatWasLearnt) {
  facts_ = PagingFacts{
      .asked_size = 100, .full_size = 100, .sizes_vary = true, .numbers_honoured = true, .newest_first = {}};
  begin_window();
  PagingFacts fresh;
  fresh.asked_size = 500;
  EXPECT_EQ(facts_, fresh);
}

TEST_F(PagerTest, GoesOnBehindThePagesThatWereKept) {
  pager_->resume(0, {page({1, 2}), page({3, 4})}, {});
  EXPECT_EQ(pager_->page(), 3);
  EXPECT_EQ(pager_->rows(), 4);
  EXPECT_EQ(take(page({5})), Verdict::more);
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_EQ(take(page({1, 2})), Verdict::complete);
}

TEST_F(PagerTest, AKeptPageAloneIsNoListForItMayHaveBeenOfAnotherSize) {
  pager_->resume(0, {page({1, 2})}, {});
  EXPECT_EQ(end(), Verdict::check);
  EXPECT_EQ(take(page({1, 2, 3})), Verdict::again);
  EXPECT_EQ(take(page({1, 2, 3})), Verdict::more);
  EXPECT_EQ(end(), Verdict::complete) << "this pass was read from its beginning";
}

TEST_F(PagerTest, NothingIsLearntFromTheSizeOfAKeptPage) {
  pager_->resume(0, {page({1, 2})}, {});
  EXPECT_EQ(take(page({3, 4, 5})), Verdict::more);
  EXPECT_EQ(take(page({6})), Verdict::more);
  EXPECT_EQ(facts_.full_size, 3);
  EXPECT_FALSE(facts_.sizes_vary);
}

TEST_F(PagerTest, ARestartDoesNotForgetThatPagesOnlyRepeat) {
  pager_->resume(0, {page({1}), page({7}), page({7})}, {});
  EXPECT_EQ(take_one_instant(page({7})), Verdict::more);
  EXPECT_EQ(take_one_instant(page({7})), Verdict::check);
  EXPECT_EQ(pager_->rows(), 2);
}

TEST_F(PagerTest, APassEqualToTheOneBeforeTheRestartIsProof) {
  pager_->resume(1, {page({1, 2})}, {page({1, 2}), page({2, 3})});
  EXPECT_EQ(pager_->pass(), 1);
  EXPECT_EQ(take(page({2, 3})), Verdict::more);
  EXPECT_EQ(end(), Verdict::complete);
}

TEST(PagingFactsTest, SurviveAsText) {
  const PagingFacts facts{.asked_size = 500,
                          .full_size = 100,
                          .sizes_vary = true,
                          .numbers_honoured = true,
                          .end_is_marked = true,
                          .newest_first = true};
  EXPECT_EQ(paging_facts_from(to_text(facts)), facts);
  EXPECT_EQ(paging_facts_from(to_text(PagingFacts{})), PagingFacts{});
}

TEST(PagingFactsTest, AreForgottenWhenTheTextIsNotUnderstood) {
  for (const char* text : {"", "nonsense", "[]", "{\"full_size\": \"x\"}", "{\"full_size\": -3}"}) {
    EXPECT_EQ(paging_facts_from(text), PagingFacts{}) << text;
  }
}

}  // namespace
}  // namespace elit
