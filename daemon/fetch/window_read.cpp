#include "daemon/fetch/window_read.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace elit::daemon {
namespace {

using boost::asio::awaitable;
using storage::Store;
using Kind = WindowOutcome::Kind;

Pager::Limits pager_limits(const SourceOptions& options, Interval span) {
  Pager::Limits limits{.page_size = options.limits.page_size, .short_page_ends = options.api.short_page_ends};
  if (span.to - span.from <= Milliseconds{2}) {
    // Nothing narrower can be asked for: this one has to be read, however long it is.
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
bool ends_list(const elitbuzz::ConversationsPage& page) {
  return page.past_the_end || (page.rows.empty() && page.rejected == 0);
}

// A page that also holds unusable elements may hide other instants.
bool share_one_instant(const std::vector<OrderedRow>& rows, std::int64_t rejected) {
  if (rejected > 0 && !rows.empty()) {
    return false;
  }
  for (const OrderedRow& row : rows) {
    if (row.row.instant != rows.front().row.instant) {
      return false;
    }
  }
  return true;
}

}  // namespace

WindowRead::WindowRead(Parts parts, const storage::UserState& user, storage::WindowKind kind, Window window)
    : parts_(std::move(parts)),
      user_(user.row),
      user_id_(user.user_id),
      recently_verified_(user.verified && *user.verified <= window.span.to &&
                         parts_.timer->now().wall - *user.verified < parts_.options->lookback),
      kind_(kind),
      window_(window),
      rows_max_(pager_limits(*parts_.options, window.span).rows_max),
      pager_(pager_limits(*parts_.options, window.span), *parts_.facts) {}

void WindowRead::resume(storage::WindowProgress progress) {
  window_ = Window{.span = progress.span, .cover_to = progress.cover_to};
  staged_ = true;
  pager_.resume(progress.pass, std::move(progress.pages), std::move(progress.previous_pages));
}

awaitable<WindowOutcome> WindowRead::run() {
  for (;;) {
    Result<elitbuzz::ConversationsPage> answer =
        co_await parts_.client->read_page(user_id_, window_.span, pager_.page());
    if (answer.has_error()) {
      if (parts_.client->finished()) {
        co_return outcome(Kind::ended);
      }
      co_await stage();
      WindowOutcome failed = outcome(Kind::failed);
      failed.failure = answer.error();
      co_return failed;
    }
    if (held_ && !pager_.checking() && !ends_list(*answer)) {
      co_await stage();
    }
    const Pager::Verdict verdict = take(std::move(*answer));
    switch (verdict) {
      case Pager::Verdict::more: {
        const bool unchanged = co_await is_unchanged();
        if (unchanged) {
          co_return co_await commit(Kind::unchanged);
        }
        if (parts_.make_way()) {
          co_await stage();
          co_return outcome(Kind::set_aside);
        }
        break;
      }
      case Pager::Verdict::check:
        break;
      case Pager::Verdict::again:
        co_await stage();  // The next pass is compared with all of this one, over a restart too.
        rejected_ = 0;
        break;
      case Pager::Verdict::complete:
        co_return co_await commit(Kind::complete);
      case Pager::Verdict::unproven:
        co_return co_await commit(Kind::unproven);
      case Pager::Verdict::too_large:
        co_return co_await give_up_as_too_large();
    }
  }
}

// Hands the page to the pager and holds its rows.
Pager::Verdict WindowRead::take(elitbuzz::ConversationsPage answer) {
  const bool checking = pager_.checking();
  Page page{.number = pager_.page(), .pass = pager_.pass(), .rows = {}, .rejected = answer.rejected};
  const std::size_t count = answer.rows.size();
  const bool past_the_end = ends_list(answer);
  page.rows = order_rows(std::move(answer.rows), window_.span.from);
  const PagingFacts before = *parts_.facts;
  const Pager::Verdict verdict =
      pager_.on_page(digests_of(page.rows, page.rejected), past_the_end, share_one_instant(page.rows, page.rejected));
  if (before.full_size != parts_.facts->full_size && *parts_.facts->full_size < parts_.options->limits.page_size) {
    drifts_.push_back("the source caps its pages at " + std::to_string(*parts_.facts->full_size) + " rows");
  }
  if (!before.sizes_vary && parts_.facts->sizes_vary) {
    drifts_.emplace_back("the source fills its pages unevenly: every list is read to a proven end");
  }
  if (checking) {
    return verdict;
  }
  note_drifts(page, count);
  const bool kept = !past_the_end && pager_.pages() >= page.number && pager_.pass() == page.pass;
  if (kept) {
    direction_.observe(page.rows);
    rejected_ += page.rejected;
    held_ = std::move(page);
  }
  return verdict;
}

void WindowRead::note_drifts(const Page& page, std::size_t count) {
  if (static_cast<int>(count) > parts_.options->limits.page_size) {
    drifts_.emplace_back("the source sends more rows than asked for: it ignores api.page_size_parameter");
  }
  for (const OrderedRow& row : page.rows) {
    if (!row.row.instant) {
      drifts_.emplace_back("a row carries a time that cannot be read: it is stored without one");
      break;
    }
  }
}

// Whether the first page of a live read shows exactly what is stored, so that the proof of its end can wait: it changes
// no coverage, and the next read after `lookback` at the latest goes to the end.
awaitable<bool> WindowRead::is_unchanged() {
  const bool first_page = held_ && held_->number == 1 && held_->pass == 0 && !staged_;
  const bool could_be_all = pager_.rows() < parts_.options->limits.page_size && !parts_.facts->sizes_vary &&
                            pager_.rows() < parts_.facts->full_size.value_or(std::numeric_limits<int>::max());
  if (parts_.is_part || !first_page || !could_be_all || !recently_verified_ || kind_ != storage::WindowKind::live) {
    co_return false;
  }
  const Interval asked{window_.span.from - Milliseconds{1}, window_.span.to + Milliseconds{1}};
  auto job = [user = user_, rows = held_->rows, asked](Store& store) {
    const auto shown = static_cast<std::int64_t>(rows.size());
    return store.count_known(user, rows) == shown && store.count_messages(user, asked) <= shown;
  };
  co_return co_await parts_.storage->run(std::move(job));
}

storage::StagedPage WindowRead::staged_page() {
  storage::StagedPage page;
  page.user = user_;
  page.window = storage::WindowProgress{.kind = kind_,
                                        .span = window_.span,
                                        .cover_to = window_.cover_to,
                                        .pass = held_->pass,
                                        .pages = {},
                                        .previous_pages = {}};
  page.page = held_->number;
  page.rows = std::move(held_->rows);
  held_.reset();
  return page;
}

awaitable<void> WindowRead::stage() {
  if (!held_) {
    co_return;
  }
  auto job = [page = staged_page()](Store& store) { store.stage_page(page); };
  staged_ = true;
  progressed_ = true;
  co_await parts_.storage->run(std::move(job));
}

awaitable<WindowOutcome> WindowRead::commit(Kind kind) {
  storage::WindowCommit commit;
  commit.user = user_;
  commit.kind = kind_;
  commit.read_at = parts_.timer->now().wall;
  commit.newest_first = direction_.newest_first();
  commit.count_by_page = kind == Kind::unproven;
  commit.rejected = rejected_;
  commit.verified = kind == Kind::complete;
  commit.staged = staged_;
  commit.staged_pages = pager_.pages();
  if (held_ && held_->number > pager_.pages()) {
    held_.reset();  // It only repeated the end of the list.
  }
  const Instant cover_to = std::min(window_.cover_to, parts_.cover_limit());
  if (kind == Kind::complete && cover_to > window_.span.from) {
    commit.covered = Interval{window_.span.from, cover_to};
  }
  std::optional<storage::StagedPage> last;
  if (held_ && staged_) {
    last = staged_page();
  } else if (held_) {
    commit.rows = std::move(held_->rows);
    held_.reset();
  }
  parts_.on_commit(commit, pager_.rows());
  auto job = [commit = std::move(commit), last = std::move(last)](Store& store) {
    if (last) {
      store.stage_page(*last);
    }
    return store.commit_window(commit);
  };
  WindowOutcome done = outcome(kind);
  done.counts = co_await parts_.storage->run(std::move(job));
  co_return done;
}

awaitable<WindowOutcome> WindowRead::give_up_as_too_large() {
  const Interval seen = direction_.seen().value_or(window_.span);
  WindowOutcome done = outcome(Kind::too_large);
  done.narrower = narrower_width(window_.span, pager_.rows(), seen, rows_max_);
  held_.reset();
  auto job = [user = user_, kind = kind_, width = done.narrower](Store& store) {
    store.discard_window(user, kind, width);
  };
  co_await parts_.storage->run(std::move(job));
  co_return done;
}

WindowOutcome WindowRead::outcome(Kind kind) {
  WindowOutcome result;
  result.kind = kind;
  result.span = window_.span;
  result.progressed = progressed_;
  result.drifts = std::exchange(drifts_, {});
  return result;
}

}  // namespace elit::daemon
