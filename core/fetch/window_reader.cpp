#include "core/fetch/window_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/check.hpp"

namespace elit {
namespace {

using Kind = WindowOutcome::Kind;

// Names of deviations.
constexpr const char* missing_prefix = "missing: ";
constexpr const char* unreadable_messages = "unreadable messages";

Pager::Limits pager_limits(const SourceOptions& options, Interval span) {
  Pager::Limits limits{.page_size = options.limits.page_size, .short_page_ends = options.api.short_page_ends};
  if (span.to - span.from <= Milliseconds{2}) {
    // No narrower window can be asked for: this one is read however long its list is.
    limits.pages_max = std::numeric_limits<int>::max();
    limits.rows_max = std::numeric_limits<int>::max();
    limits.divisible = false;
  }
  return limits;
}

std::vector<Digest> digests_of(const std::vector<OrderedRow>& rows, std::int64_t rejected) {
  std::vector<Digest> digests(static_cast<std::size_t>(rejected), Pager::no_row);
  for (const OrderedRow& row : rows) {
    digests.push_back(row.row.digest);
  }
  return digests;
}

// A page whose elements are all unusable is not empty: the list goes on behind it.
bool ends_list(const FetchedPage& page) {
  return page.past_the_end || (page.rows.empty() && page.rejected == 0);
}

// A page that also holds unusable elements may hide other instants.
bool share_one_instant(const std::vector<OrderedRow>& rows, std::int64_t rejected) {
  if (rejected > 0 && !rows.empty()) {
    return false;
  }
  return std::all_of(rows.begin(), rows.end(),
                     [&rows](const OrderedRow& row) { return row.row.instant == rows.front().row.instant; });
}

}  // namespace

WindowReader::WindowReader(const SourceOptions& options, SourceFacts& facts, const UserState& user, WindowKind kind,
                           Window window, bool is_part, Now now)
    : options_(options),
      facts_(facts),
      user_(user.row),
      user_id_(user.user_id),
      kind_(kind),
      window_(window),
      is_part_(is_part),
      recently_verified_(user.verified && *user.verified <= window.span.to &&
                         now.wall - *user.verified < options.lookback),
      rows_max_(pager_limits(options, window.span).rows_max),
      pager_(pager_limits(options, window.span), facts.paging) {}

void WindowReader::resume(WindowProgress progress) {
  window_ = Window{.span = progress.span, .cover_to = progress.cover_to};
  staged_ = true;
  rejected_ = progress.unreadable;
  pager_.resume(progress.pass, std::move(progress.pages), std::move(progress.previous_pages));
}

WindowReader::Step WindowReader::next(const Circumstances& circumstances) {
  switch (phase_) {
    case Phase::requesting:
      if (failure_) {
        return held_ ? store_page() : outcome();
      }
      return fetched_ ? take_page(circumstances) : request();
    case Phase::comparing:
      return compare();
    case Phase::compared:
      return after_compared(circumstances.yield);
    case Phase::suspending:
      return held_ ? store_page() : outcome();
    case Phase::committing:
      return commit(result_, circumstances);
    case Phase::finished:
      return outcome();
  }
  return outcome();
}

WindowReader::Step WindowReader::take_page(const Circumstances& circumstances) {
  if (held_ && !pager_.checking() && !ends_list(*fetched_)) {
    return store_page();
  }
  switch (judge(*std::exchange(fetched_, std::nullopt))) {
    case Pager::Verdict::more:
      phase_ = may_be_unchanged() ? Phase::comparing : Phase::compared;
      return next(circumstances);
    case Pager::Verdict::check:
      return request();
    case Pager::Verdict::again: {
      // The next pass is compared with all of this one, over a restart too.
      Step step = held_ ? store_page() : request();
      rejected_ = 0;
      return step;
    }
    case Pager::Verdict::complete:
      return commit(Kind::complete, circumstances);
    case Pager::Verdict::unproven:
      return commit(Kind::unproven, circumstances);
    case Pager::Verdict::too_large:
      return discard();
  }
  return request();
}

// Hands the page to the pager and holds its rows.
Pager::Verdict WindowReader::judge(FetchedPage fetched) {
  const bool checking = pager_.checking();
  hold_incomplete(fetched);
  if (!checking) {
    note_unreadable(fetched);
  }
  Page page{.number = pager_.page(), .pass = pager_.pass(), .rows = {}, .rejected = fetched.rejected};
  const std::size_t count = fetched.rows.size();
  const bool past_the_end = ends_list(fetched);
  page.rows = order_rows(std::move(fetched.rows), window_.span.from);
  const PagingFacts before = facts_.paging;
  const Pager::Verdict verdict =
      pager_.on_page(digests_of(page.rows, page.rejected), past_the_end, share_one_instant(page.rows, page.rejected));
  note_deviations(page, checking ? 0 : count, before);
  const bool kept = !past_the_end && pager_.pages() >= page.number && pager_.pass() == page.pass;
  if (!checking && kept) {
    direction_.observe(page.rows);
    rejected_ += page.rejected;
    held_ = std::move(page);
  }
  return verdict;
}

// Takes rows that lack what rows of their type always had out of the page: they count as elements that nobody can read.
void WindowReader::hold_incomplete(FetchedPage& page) {
  std::vector<Row> sound;
  sound.reserve(page.rows.size());
  for (Row& row : page.rows) {
    const std::vector<RowMember> missing = facts_.members.missing(row, options_.api.accept_missing);
    if (missing.empty()) {
      sound.push_back(std::move(row));
      continue;
    }
    ++page.rejected;
    for (const RowMember member : missing) {
      const std::string name = to_string(member);
      deviations_.push_back({.withholds = true,
                             .name = missing_prefix + name,
                             .detail = "messages come without `" + name +
                                       "`, which they always had: they are held back, and their span stays uncovered. "
                                       "Has the vendor renamed it? If they may lack it, set api.accept_missing: [" +
                                       name + "]"});
    }
  }
  for (const Row& row : sound) {
    facts_.members.learn(row);
  }
  page.rows = std::move(sound);
}

void WindowReader::note_unreadable(const FetchedPage& page) {
  if (page.rejected_shape.empty()) {
    return;
  }
  deviations_.push_back(
      {.withholds = true,
       .name = unreadable_messages,
       .detail = "a list of messages holds elements that are no messages (" + page.rejected_shape +
                 "): their span stays uncovered and is read again. If a message is inside, name its place with "
                 "api.message; if the list is another one, with api.messages_list"});
}

std::vector<std::string> WindowReader::withholding_deviations() {
  std::vector<std::string> names{unreadable_messages};
  for (std::size_t member = 0; member < row_member_count; ++member) {
    names.push_back(std::string(missing_prefix) + to_string(static_cast<RowMember>(member)));
  }
  return names;
}

// `count`: elements of a page that was not read before; 0 for one that is read again as a check.
void WindowReader::note_deviations(const Page& page, std::size_t count, const PagingFacts& before) {
  const auto note = [this](std::string detail) {
    deviations_.push_back({.withholds = false, .name = detail, .detail = std::move(detail)});
  };
  const PagingFacts& paging = facts_.paging;
  if (before.full_size != paging.full_size && *paging.full_size < options_.limits.page_size) {
    note("the source caps its pages at " + std::to_string(*paging.full_size) + " rows");
  }
  if (!before.sizes_vary && paging.sizes_vary) {
    note("the source fills its pages unevenly: every list is read to a proven end");
  }
  if (static_cast<int>(count) > options_.limits.page_size) {
    note("the source sends more rows than asked for: it ignores api.page_size_parameter");
  }
  const bool undated = std::any_of(page.rows.begin(), page.rows.end(),
                                   [](const OrderedRow& row) { return !row.row.instant.has_value(); });
  if (count > 0 && undated) {
    note("a row carries a time that cannot be read: it is stored without one");
  }
}

// The list's own order tells, where its rows differ in time. The lists of a source all have one direction; before one
// has shown it, the newest row is likely to be the first (api.md section 3.2).
bool WindowReader::newest_first() {
  if (const std::optional<bool> seen = direction_.newest_first()) {
    facts_.paging.newest_first = seen;
  }
  return facts_.paging.newest_first.value_or(true);
}

// Whether the first page of a live read may show exactly what is stored, so that the proof of its end can wait: that
// changes no coverage, and the next read after `lookback` at the latest goes to the end.
bool WindowReader::may_be_unchanged() const {
  const bool first_page = held_ && held_->number == 1 && held_->pass == 0 && !staged_;
  const bool could_be_all = pager_.rows() < options_.limits.page_size && !facts_.paging.sizes_vary &&
                            pager_.rows() < facts_.paging.full_size.value_or(std::numeric_limits<int>::max());
  return !is_part_ && first_page && rejected_ == 0 && could_be_all && recently_verified_ && kind_ == WindowKind::live;
}

WindowReader::Step WindowReader::request() {
  return RequestPage{.user_id = user_id_, .span = window_.span, .page = pager_.page()};
}

WindowReader::Step WindowReader::compare() {
  const Interval asked{window_.span.from - Milliseconds{1}, window_.span.to + Milliseconds{1}};
  return ComparePage{.user = user_, .rows = held_->rows, .span = asked};
}

void WindowReader::on_compared(bool equal) {
  check(phase_ == Phase::comparing, "a page is compared when that was asked for");
  phase_ = equal ? Phase::committing : Phase::compared;
  result_ = equal ? Kind::unchanged : result_;
}

// A further page follows: now the read may be suspended.
WindowReader::Step WindowReader::after_compared(bool yield) {
  if (!yield) {
    phase_ = Phase::requesting;
    return request();
  }
  phase_ = Phase::suspending;
  result_ = Kind::suspended;
  return held_ ? store_page() : outcome();
}

StagedPage WindowReader::staged_page() {
  StagedPage page;
  page.user = user_;
  page.window = WindowProgress{.kind = kind_,
                               .span = window_.span,
                               .cover_to = window_.cover_to,
                               .pass = held_->pass,
                               .pages = {},
                               .previous_pages = {},
                               .unreadable = rejected_};
  page.page = held_->number;
  page.rows = std::move(held_->rows);
  held_.reset();
  return page;
}

WindowReader::Step WindowReader::store_page() {
  staged_ = true;
  progressed_ = true;
  return StorePage{staged_page()};
}

WindowReader::Step WindowReader::commit(Kind kind, const Circumstances& circumstances) {
  phase_ = Phase::finished;
  if (kind == Kind::complete && rejected_ > 0) {
    kind = Kind::unreadable;
  }
  result_ = kind;
  WindowCommit commit;
  commit.user = user_;
  commit.kind = kind_;
  commit.read_at = circumstances.now.wall;
  commit.newest_first = newest_first();
  commit.count_by_page = kind == Kind::unproven;
  commit.rejected = rejected_;
  commit.verified = kind == Kind::complete;
  commit.staged = staged_;
  commit.staged_pages = pager_.pages();
  if (held_ && held_->number > pager_.pages()) {
    held_.reset();  // It only repeated the end of the list.
  }
  const Instant cover_to = std::min(window_.cover_to, circumstances.cover_limit);
  std::optional<Interval> withheld;
  if (kind == Kind::complete && cover_to > window_.span.from) {
    commit.covered = Interval{window_.span.from, cover_to};
  } else if (kind == Kind::unreadable && cover_to > window_.span.from) {
    withheld = Interval{window_.span.from, cover_to};
  }
  std::optional<StagedPage> last;
  if (held_ && staged_) {
    last = staged_page();
  } else if (held_) {
    commit.rows = std::move(held_->rows);
    held_.reset();
  }
  return CommitWindow{.last = std::move(last), .commit = std::move(commit), .withheld = withheld};
}

WindowReader::Step WindowReader::discard() {
  phase_ = Phase::finished;
  result_ = Kind::too_large;
  const Interval seen = direction_.seen().value_or(window_.span);
  narrower_ = narrower_width(window_.span, pager_.rows(), seen, rows_max_);
  held_.reset();
  return DiscardWindow{.user = user_, .kind = kind_, .width = narrower_};
}

WindowOutcome WindowReader::outcome() {
  WindowOutcome result;
  result.kind = result_;
  result.span = window_.span;
  result.progressed = progressed_;
  result.counts = std::move(counts_);
  result.failure = std::move(failure_);
  result.narrower = narrower_;
  result.unreadable = rejected_;
  return result;
}

}  // namespace elit
