#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "core/options.hpp"

namespace elit {

// What was learnt about how a source cuts its lists into pages, for one asked page size. It is kept in the state and
// shared by all of the source's readers.
struct PagingFacts {
  int asked_size = 0;
  std::optional<int> full_size;      // the size of a page that was followed by more rows: the effective page size
  bool sizes_vary = false;           // pages that were followed by more rows had different sizes
  bool numbers_honoured = false;     // a page once had no row in common with the one before
  bool end_is_marked = false;        // past the end once came an empty list or an error, not a repeated page
  std::optional<bool> newest_first;  // the direction of the lists; absent: no list has shown it yet

  bool operator==(const PagingFacts&) const = default;

  // Whether a first page of `rows` rows must be the last one.
  [[nodiscard]] bool ends_with(int rows, Tristate short_page_ends) const;
};

// The facts as one line of text for the state, and back; a text that is not understood gives no facts.
[[nodiscard]] std::string to_text(const PagingFacts& facts);
[[nodiscard]] PagingFacts paging_facts_from(std::string_view text);

// Reads one frozen window page by page and decides when it is complete. Pure: it sees only the digests of the rows.
//
// The end of the list is an empty page, an answer that means "past the end", or an earlier page that comes again and
// again (once may be a list that moved while it was read); a short page alone is no end unless the source was seen to
// fill its pages. Offset paging over a list that changes skips or repeats rows, so a list of several pages is accepted
// only when its first page, read again, is unchanged, or when two passes were equal; equal rows on different pages are
// two messages only in the latter case.
class Pager {
 public:
  struct Limits {
    int page_size = 500;
    Tristate short_page_ends = Tristate::automatic;
    int pages_max = 1000;   // of one pass; reaching it makes the window too large
    int rows_max = 25'000;  // likewise
    int passes_max = 4;
    bool divisible = true;  // false: the window cannot be read in parts, so it is never too large
  };

  enum class Verdict {
    more,       // keep this page's rows and ask for `page()`
    check,      // the pass is complete; ask for page 1 again (its rows need not be kept)
    again,      // the list changed while it was read: drop the pass, keep its digests, begin the next with page 1
    complete,   // the list is complete; equal rows count across pages
    unproven,   // the list never came to rest: keep the rows, count equal rows within a page alone, cover nothing
    too_large,  // drop the pass and read the window in parts
  };

  // `facts` outlives the pager.
  Pager(Limits limits, PagingFacts& facts);

  // Goes on with a pass whose first pages were kept before a restart. They may have been asked for with another page
  // size, so that the pages behind them begin elsewhere: the end of such a pass counts only after a check.
  void resume(int pass, std::vector<std::vector<Digest>> pages, std::vector<std::vector<Digest>> previous_pages);

  // The page to ask for, from 1, and the pass it belongs to, from 0.
  [[nodiscard]] int page() const { return checking_ ? 1 : static_cast<int>(pages_.size()) + 1; }
  [[nodiscard]] int pass() const { return pass_; }
  [[nodiscard]] bool checking() const { return checking_; }

  // Takes the answer for page(). `rows`: a digest for each element of the page, `no_row` for one that is no row: a
  // page's size tells about its end only if every element counts. `past_the_end`: the answer says that there is no such
  // page. `one_instant`: all its rows share one instant, so that equal pages need not be a repetition; such a window
  // cannot be read in parts either.
  static constexpr Digest no_row{};
  [[nodiscard]] Verdict on_page(std::vector<Digest> rows, bool past_the_end, bool one_instant);

  // Rows of the pass so far.
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int pages() const { return static_cast<int>(pages_.size()); }

 private:
  [[nodiscard]] Verdict on_end();
  [[nodiscard]] Verdict next_pass();
  [[nodiscard]] bool equals_previous_pass() const;
  [[nodiscard]] bool repeats_an_earlier_page(const std::vector<Digest>& rows) const;
  [[nodiscard]] bool has_equal_rows_across_pages() const;
  [[nodiscard]] int repetitions_max(bool one_instant) const;
  void learn_from(const std::vector<Digest>& rows);

  Limits limits_;
  PagingFacts& facts_;
  int pass_ = 0;
  bool checking_ = false;
  int rows_ = 0;
  std::size_t pages_kept_ = 0;  // so many pages of this pass were read before a restart
  int repetitions_ = 0;  // equal pages at the end of pages_ that repeat an earlier one, yet may be rows of their own
  std::vector<std::vector<Digest>> pages_;
  std::vector<std::vector<Digest>> previous_;
  bool previous_kept_ = false;  // previous_ is from before a restart
};

}  // namespace elit
