#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/fetch/coverage.hpp"
#include "core/fetch/row_order.hpp"
#include "core/message.hpp"

// What the fetching half reads from the store and writes to it.
namespace elit {

using UserRow = std::int64_t;  // the store's number for a user of a source
using AudienceId = std::int64_t;

enum class UserStatus { following, draining, gone, parked, erased };

struct ListingDecision {
  AudienceId audience = 0;
  bool members_may_leave = false;  // false: the list only adds members (it raised an alarm)
};

struct ListingChange {
  std::vector<UserRow> arrived;   // new, or back from draining or gone
  std::vector<UserRow> returned;  // those of them that are back
  std::vector<UserRow> departed;  // now draining
  std::int64_t followed = 0;      // following, draining and parked ones after the change
};

// The two reads of one user that may be under way at once.
enum class WindowKind { live, history };

struct ScheduledUser {
  UserRow row = 0;
  UserStatus status = UserStatus::following;
  std::optional<Instant> last_message;
  std::optional<Instant> last_read;     // the last finished read, except reads that proved nothing
  std::optional<Instant> parked_until;  // set only for parked ones
  bool history_complete = false;        // no history window is under way and [since, live) is covered, as last recorded
  bool covered = false;                 // some span is covered
  bool begun = false;                   // pages of a history window are stored
};

// A window whose pages are being read: frozen at its first request, kept over restarts.
struct WindowProgress {
  WindowKind kind = WindowKind::live;
  Interval span;                                    // what is asked for (the request adds a margin at both ends)
  Instant cover_to;                                 // coverage granted at completion is [span.from, cover_to)
  int pass = 0;                                     // 0-based number of the pass whose pages are staged
  std::vector<std::vector<Digest>> pages;           // the digests of each staged page of this pass, page 1 first
  std::vector<std::vector<Digest>> previous_pages;  // those of the pass before; empty in pass 0
  std::int64_t unreadable = 0;                      // elements of this pass's staged pages that are no messages
};

// The widest windows whose rows fit, each kind by itself: a busy time of the history says nothing of the present.
// Absent: no limit is known.
struct WindowWidths {
  std::optional<Milliseconds> live;
  std::optional<Milliseconds> history;

  [[nodiscard]] std::optional<Milliseconds>& of(WindowKind kind) { return kind == WindowKind::live ? live : history; }
};

struct UserState {
  UserRow row = 0;
  std::int64_t source = 0;
  std::string user_id;
  UserStatus status = UserStatus::following;
  Instant first_matched;
  std::optional<Instant> departed;  // set while draining or gone
  Coverage coverage;
  std::optional<Instant> verified;  // when the user's messages were last read to a proven end
  WindowWidths widths;
  int failures = 0;                     // consecutive failed reads
  std::vector<WindowProgress> windows;  // at most one of each kind
};

struct StagedPage {
  UserRow user = 0;
  WindowProgress window;  // `pages` and `previous_pages` are ignored
  int page = 1;           // 1-based; page 1 of a pass > 0 moves what is staged to `previous_pages` (digests only)
  std::vector<OrderedRow> rows;  // as they came
};

// The end of a window (or of a poll that proved nothing): everything in one transaction.
struct WindowCommit {
  UserRow user = 0;
  WindowKind kind = WindowKind::live;
  Instant read_at;
  // The rows: those given here (as one page) and, if `staged`, before them those of the staged pass. They are inserted
  // in ascending `order`; among equals as they came, or reversed if `newest_first`. The k-th of equal rows gets
  // occurrence k; if `count_by_page`, equal rows are counted within each page alone (the count across pages is not
  // proven). Rows already stored are duplicates.
  std::vector<OrderedRow> rows;
  bool staged = false;
  int staged_pages = std::numeric_limits<int>::max();  // staged pages beyond this number do not count
  bool newest_first = false;
  bool count_by_page = false;
  std::int64_t rejected = 0;                 // elements that could not be kept as rows at all
  std::optional<Interval> covered;           // added to the coverage; absent: nothing was proven complete
  bool verified = false;                     // the end was proven: sets UserState::verified to read_at
  std::optional<Milliseconds> window_width;  // replaces the stored one of this kind; 0: no limit is known any more
  bool history_complete = false;
  // A new status (gone, following), if it changes; gone has no effect on a user who was listed again meanwhile. Absent:
  // a parked user follows or drains again. In any case the user's failures are forgotten.
  std::optional<UserStatus> status;
};

struct WindowCounts {
  std::int64_t fetched = 0;  // = added + duplicates + rejected
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::int64_t near_copies = 0;        // of the added rows: those that look like another version of a stored message
  std::vector<Milliseconds> lateness;  // of added rows whose instant was covered before this commit: read_at - instant
  std::optional<Instant> newest;       // of the user's stored messages
};

struct UserFailure {
  UserRow user = 0;
  int failures = 0;
  std::string error;                    // for people; no secret, no text
  std::optional<Instant> parked_until;  // set: the user becomes parked
};

}  // namespace elit
