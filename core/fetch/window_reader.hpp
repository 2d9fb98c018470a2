#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/failure.hpp"
#include "core/fetch/fetch_record.hpp"
#include "core/fetch/member_facts.hpp"
#include "core/fetch/pager.hpp"
#include "core/fetch/row_order.hpp"
#include "core/fetch/window_planner.hpp"
#include "core/message.hpp"
#include "core/options.hpp"

namespace elit {

// What to do next in the read of one window. Each is carried out before next() is asked again.
struct RequestPage {  // ask the source -> on_page or on_failure
  std::string user_id;
  Interval span;
  int page = 1;
};
struct StorePage {  // store the page, so that a later read need not ask for it again
  StagedPage page;
};
struct ComparePage {  // do all of `rows`, and no other message in `span`, stand in the store -> on_compared
  UserRow user = 0;
  std::vector<OrderedRow> rows;
  Interval span;
};
struct CommitWindow {              // store all in one transaction -> on_committed
  std::optional<StagedPage> last;  // stored first
  WindowCommit commit;
  std::optional<Interval> withheld;  // would be covered, if the list did not hold elements that nobody can read
};
struct DiscardWindow {  // forget the stored pages and set the width of the user's windows
  UserRow user = 0;
  WindowKind kind = WindowKind::live;
  Milliseconds width{0};
};

// The end of the read of one window.
struct WindowOutcome {
  enum class Kind {
    complete,    // every row of the window is stored and the window is covered
    unchanged,   // the first page shows what is stored and no more was asked: nothing new, nothing proven
    unproven,    // the rows are stored, but the list changed in every pass: not covered
    unreadable,  // the rows are stored, but the list holds `unreadable` elements that are no messages: not covered
    suspended,   // its progress is stored; a later read goes on with it
    too_large,   // to be read in parts of at most `narrower`
    failed,      // `failure` says why; what was read is stored
  };
  Kind kind = Kind::failed;
  Interval span;            // what was asked for
  bool progressed = false;  // pages were stored that the next read need not read again
  WindowCounts counts;
  std::optional<Failure> failure;
  Milliseconds narrower{0};
  std::int64_t unreadable = 0;
};

// A page as the source answered it.
struct FetchedPage {
  std::vector<Row> rows;       // in the order of the answer
  std::int64_t rejected = 0;   // elements that are no messages
  std::string rejected_shape;  // the structure of the first of them
  bool past_the_end = false;   // the answer says that there is no such page
};

// What was learnt about a source and is kept in the state, shared by all its readers.
struct SourceFacts {
  PagingFacts paging;
  MemberFacts members;
  bool operator==(const SourceFacts&) const = default;
};

// A deviation of the API.
struct Deviation {
  bool withholds = false;  // messages are held back for it; otherwise it is allowed for
  std::string name;        // of the kind of deviation
  std::string detail;      // a line for the operator
};

// Reads one window of one user page by page: decides what is asked for, what is stored and what becomes covered. Pure;
// one object for one read.
class WindowReader {
 public:
  using Step = std::variant<RequestPage, StorePage, ComparePage, CommitWindow, DiscardWindow, WindowOutcome>;

  // What changes while a window is read.
  struct Circumstances {
    Now now;
    Instant cover_limit;  // what is older is past on both clocks, by what is known of them now
    bool yield = false;   // a more urgent read waits: suspend this one at the next page
  };

  // `options` and `facts` outlive the reader; it learns from what it reads. `is_part`: the window is a part of a longer
  // read that goes on behind it, so it is read to the end of its list even where its first page shows nothing new.
  WindowReader(const SourceOptions& options, SourceFacts& facts, const UserState& user, WindowKind kind, Window window,
               bool is_part, Now now);

  // Goes on with a read whose pages were stored before. Requires: nothing was asked of this reader.
  void resume(WindowProgress progress);

  // Requires: the step before was carried out, and its answer given.
  [[nodiscard]] Step next(const Circumstances& circumstances);
  void on_page(FetchedPage page) { fetched_ = std::move(page); }
  void on_failure(Failure failure) { failure_ = std::move(failure); }
  void on_compared(bool equal);
  void on_committed(WindowCounts counts) { counts_ = std::move(counts); }

  // Deviations of the API that were seen since the call before.
  [[nodiscard]] std::vector<Deviation> take_deviations() { return std::exchange(deviations_, {}); }
  // The names of all deviations for which messages are held back.
  [[nodiscard]] static std::vector<std::string> withholding_deviations();
  // What is asked for.
  [[nodiscard]] Interval span() const { return window_.span; }
  // Rows of the present pass so far.
  [[nodiscard]] int rows() const { return pager_.rows(); }

 private:
  struct Page {
    int number = 0;
    int pass = 0;
    std::vector<OrderedRow> rows;
    std::int64_t rejected = 0;
  };
  enum class Phase { requesting, comparing, compared, suspending, committing, finished };

  [[nodiscard]] Step take_page(const Circumstances& circumstances);
  [[nodiscard]] Step after_compared(bool yield);
  [[nodiscard]] Pager::Verdict judge(FetchedPage fetched);
  void hold_incomplete(FetchedPage& page);
  void note_unreadable(const FetchedPage& page);
  void note_deviations(const Page& page, std::size_t count, const PagingFacts& before);
  [[nodiscard]] bool newest_first();
  [[nodiscard]] bool may_be_unchanged() const;
  [[nodiscard]] Step request();
  [[nodiscard]] Step compare();
  [[nodiscard]] Step commit(WindowOutcome::Kind kind, const Circumstances& circumstances);
  [[nodiscard]] Step discard();
  [[nodiscard]] StagedPage staged_page();
  [[nodiscard]] Step store_page();
  [[nodiscard]] WindowOutcome outcome();

  const SourceOptions& options_;
  SourceFacts& facts_;
  UserRow user_;
  std::string user_id_;
  WindowKind kind_;
  Window window_;
  bool is_part_;
  bool recently_verified_;
  int rows_max_;
  Pager pager_;
  ListDirection direction_;
  Phase phase_ = Phase::requesting;
  std::optional<FetchedPage> fetched_;
  std::optional<Failure> failure_;
  std::optional<Page> held_;  // the latest page, not yet stored: a list of one page is committed as a whole
  bool staged_ = false;       // pages of this window are in the store
  bool progressed_ = false;
  std::int64_t rejected_ = 0;
  WindowOutcome::Kind result_ = WindowOutcome::Kind::failed;
  Milliseconds narrower_{0};
  WindowCounts counts_;
  std::vector<Deviation> deviations_;
};

}  // namespace elit
