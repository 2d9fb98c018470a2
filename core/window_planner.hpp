#pragma once

#include <optional>

#include "core/coverage.hpp"
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
  [[nodiscard]] bool reaches(Present present) const { return span.to >= present.cover_to; }
  bool operator==(const Window&) const = default;
};

// Plans the windows of a user from what is covered. Pure; the same answer for the same input.
class WindowPlanner {
 public:
  // `start`: the configured `since`, or earliest_instant.
  WindowPlanner(Instant start, Milliseconds lookback) : start_(start), lookback_(lookback) {}

  // The read that brings a user up to the present: from `lookback` before the end of what is covered. With `width` it
  // is at most that long, half of it beyond what is covered, and the present is reached in several reads. Absent when
  // nothing is covered yet (the history comes first) or the clock stands before the window's start (wait).
  [[nodiscard]] std::optional<Window> live(const Coverage& coverage, Present present,
                                           std::optional<Milliseconds> width) const;

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
