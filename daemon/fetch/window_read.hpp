#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <vector>

#include "core/fetch/pager.hpp"
#include "core/fetch/row_order.hpp"
#include "core/fetch/window_planner.hpp"
#include "daemon/fetch/source_client.hpp"
#include "daemon/system/storage_thread.hpp"
#include "storage/store.hpp"

namespace elit::daemon {

// What became of one window.
struct WindowOutcome {
  enum class Kind {
    complete,   // every row of the window is stored and the window is covered
    unchanged,  // the first page shows what is stored and no more was asked: nothing new, nothing proven
    unproven,   // the rows are stored, but the list never came to rest: not covered
    set_aside,  // its progress is stored; to be gone on with later
    too_large,  // to be read in narrower parts of `narrower`
    failed,     // `failure` says why
    ended,      // the client was stopped or gave up
  };
  Kind kind = Kind::ended;
  Interval span;            // what was asked for
  bool progressed = false;  // pages were stored that the next read need not read again
  storage::WindowCounts counts;
  std::optional<Failure> failure;
  Milliseconds narrower{0};
  std::vector<std::string> drifts;  // deviations of the API that were seen, for the operator
};

// Reads one window of one user, page by page, and stores it. One object per read; run() once.
class WindowRead {
 public:
  struct Parts {
    const SourceOptions* options = nullptr;
    SourceClient* client = nullptr;
    StorageThread* storage = nullptr;
    const Timer* timer = nullptr;
    PagingFacts* facts = nullptr;
    // Fills in what the commit says about the user beyond the rows (status, width, history).
    std::function<void(storage::WindowCommit& commit, int rows)> on_commit;
    // What is older than this is past on both clocks, by what is known of them now: both may have been set since the
    // window was planned.
    std::function<Instant()> cover_limit;
    // Whether the window is a part of a longer read, which goes on behind it: then it is read to the end of its list,
    // even where its first page shows nothing new.
    bool is_part = false;
    // Whether this read should make way for more urgent ones at the next page.
    std::function<bool()> make_way;
  };

  WindowRead(Parts parts, const storage::UserState& user, storage::WindowKind kind, Window window);

  // Goes on with a read whose pages were stored before.
  void resume(storage::WindowProgress progress);

  [[nodiscard]] boost::asio::awaitable<WindowOutcome> run();

 private:
  struct Page {
    int number = 0;
    int pass = 0;
    std::vector<OrderedRow> rows;
    std::int64_t rejected = 0;
  };

  Pager::Verdict take(elitbuzz::ConversationsPage answer);
  void note_drifts(const Page& page, std::size_t count);
  boost::asio::awaitable<bool> is_unchanged();
  boost::asio::awaitable<void> stage();
  boost::asio::awaitable<WindowOutcome> commit(WindowOutcome::Kind kind);
  boost::asio::awaitable<WindowOutcome> give_up_as_too_large();
  [[nodiscard]] storage::StagedPage staged_page();
  [[nodiscard]] WindowOutcome outcome(WindowOutcome::Kind kind);

  Parts parts_;
  storage::UserRow user_;
  std::string user_id_;
  bool recently_verified_;
  storage::WindowKind kind_;
  Window window_;
  int rows_max_;
  Pager pager_;
  ListDirection direction_;
  std::optional<Page> held_;  // the latest page, not yet staged: a list of one page never needs to be
  bool staged_ = false;
  bool progressed_ = false;
  std::int64_t rejected_ = 0;
  std::vector<std::string> drifts_;
};

}  // namespace elit::daemon
