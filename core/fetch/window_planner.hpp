#pragma once

#include <optional>

#include "core/fetch/coverage.hpp"
#include "core/instant.hpp"

namespace elit {

// The two ends of the present, taken from our clock and the vendor's with the conservative side for each use.
struct Present {
  Instant read_to;   // the later of the two: nothing that exists is younger
  Instant cover_to;  // the earlier of the two, less `settle`: what is older will not change any more
};

// `skew`: the vendor's clock minus ours, as far as known.
[[nodiscard]] Present present_at(Instant now, Milliseconds skew, Milliseconds settle);

// One read of one user: ask for `span`, and when it is complete cover [span.from, cover_to). Both ends of a request are
// widened by a millisecond, so that it does not matter whether the vendor counts its ends in.
struct Window {
  Interval span;
  Instant cover_to;  // at most span.to; at or before span.from: complete or not, nothing becomes covered

  [[nodiscard]] Interval covered() const { return {span.from, cover_to}; }
  bool operator==(const Window&) const = default;
};

// One live read of one user: over [edge - lookback, now), where the edge is the end of what is covered; as one window
// where it fits, in parts where the user's windows are narrow. It is fixed when it is planned, as a window is: the
// parts come from the oldest to the newest and cover at most what had settled then, so that nothing newer than the edge
// is covered before all of the look-back was read. It lives in memory alone: one that is forgotten is followed by
// another from the edge that it had reached, and nothing that appears in time is missed.
class LiveRound {
 public:
  // `span`: all that is to be read, not empty. `edge`: the end of what is covered of it. `cover_to`: what has settled.
  LiveRound(Interval span, Instant edge, Instant cover_to)
      : span_(span), edge_(edge), cover_to_(cover_to), read_to_(span.from), fresh_to_(edge) {}

  // What to read next, at most `width` long. Where looking back takes several parts, they take turns with reads of what
  // is newer than the edge, in the order of time and covering nothing, as long as what they brought is older than
  // `freshness`. A part that does not adjoin what is covered covers nothing. Requires: !done(), and `width` > 0.
  [[nodiscard]] Window next(const Coverage& coverage, Present present, std::optional<Milliseconds> width,
                            Milliseconds freshness);

  // A window that next() gave was read to its proven end.
  void on_read(Interval span);

  // Whether it needs more than one window: then it is worth to be remembered until it is done().
  [[nodiscard]] bool in_parts() const { return in_parts_; }
  [[nodiscard]] bool done() const { return read_to_ >= span_.to; }
  // How much of it is newer than the edge.
  [[nodiscard]] Milliseconds unread() const { return span_.to - edge_; }
  // False when a clock went back behind the round's end, so that it would have to read the future.
  [[nodiscard]] bool holds(Present present) const { return span_.to <= present.read_to; }

 private:
  Interval span_;
  Instant edge_;
  Instant cover_to_;
  Instant read_to_;   // all of [span_.from, read_to_) was read in this round
  Instant fresh_to_;  // and all of [edge_, fresh_to_), for the sake of freshness
  bool in_parts_ = false;
  bool fresh_turn_ = true;
};

// Plans the windows of a user from what is covered. Pure; the same answer for the same input.
class WindowPlanner {
 public:
  // `start`: the configured `since`, or earliest_instant.
  WindowPlanner(Instant start, Milliseconds lookback) : start_(start), lookback_(lookback) {}

  // The read that brings a user up to the present. Absent when nothing is covered yet (the history comes first) or the
  // clock stands before the window's start (wait).
  [[nodiscard]] std::optional<LiveRound> live(const Coverage& coverage, Present present) const;

  // The first read of a user whose history is too deep for one window, so that its live reads need not wait for it.
  // Absent when it would cover nothing or is wider than `width`: then the history comes first.
  [[nodiscard]] std::optional<Window> live_beside_history(Present present, std::optional<Milliseconds> width) const;

  // The oldest part of the history that is not covered, at most `width` long if given. The oldest goes first: it is the
  // first to fall out of the vendor's retention. Absent when there is no gap before the live edge.
  [[nodiscard]] std::optional<Window> history(const Coverage& coverage, Present present,
                                              std::optional<Milliseconds> width) const;

  [[nodiscard]] Instant start() const { return start_; }

 private:
  Instant start_;
  Milliseconds lookback_;
};

// The width for the parts of a window that was too large, from what was seen of it: `rows_seen` rows dated within
// `seen`. At least 1 ms, at most half of `span`.
[[nodiscard]] Milliseconds narrower_width(Interval span, int rows_seen, Interval seen, int rows_max);

// The width after a part was read with `rows` rows: wider again when it was far from the limit; absent (no limit) when
// it has outgrown all of `whole`.
[[nodiscard]] std::optional<Milliseconds> wider_width(std::optional<Milliseconds> width, int rows, int rows_max,
                                                      Interval whole);

}  // namespace elit
