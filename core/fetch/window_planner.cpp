#include "core/fetch/window_planner.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace elit {

Present present_at(Instant now, Milliseconds skew, Milliseconds settle) {
  const Instant theirs = now + skew;
  return {.read_to = std::max(now, theirs), .cover_to = std::min(now, theirs) - settle};
}

Window LiveRound::next(const Coverage& coverage, Present present, std::optional<Milliseconds> width,
                       Milliseconds freshness) {
  check(!done() && (!width || *width > Milliseconds{0}), "a live read goes on until all of it is read");
  const bool last = !width || span_.to - read_to_ <= *width;
  in_parts_ = in_parts_ || !last;
  // The look-back goes first: if newer messages were covered before it was read, a crash would leave the rest of it
  // behind forever. New messages must not wait until an hour is read again in parts of seconds, though. So every other
  // turn is theirs: they are stored and delivered at once, in the order of time, and covered when the look-back is done
  // and its parts come to them once more. To take turns bounds what that costs: a read for each part of the look-back.
  const bool looks_back = read_to_ < edge_;
  const bool stale = present.read_to - fresh_to_ >= freshness;
  if (!last && looks_back && stale && std::exchange(fresh_turn_, false)) {
    return Window{.span = {fresh_to_, std::min(fresh_to_ + *width, present.read_to)},
                  .cover_to = std::min(fresh_to_, present.cover_to)};
  }
  fresh_turn_ = true;
  const Interval part{read_to_, last ? span_.to : read_to_ + *width};
  const bool adjoins = coverage.end() && part.from <= *coverage.end();
  const Instant cover_to = std::min(cover_to_, present.cover_to);
  return Window{.span = part, .cover_to = std::min(cover_to, adjoins ? part.to : part.from)};
}

void LiveRound::on_read(Interval span) {
  if (span.from <= read_to_) {
    read_to_ = std::max(read_to_, span.to);
  }
  if (span.from <= fresh_to_) {
    fresh_to_ = std::max(fresh_to_, span.to);
  }
}

std::optional<LiveRound> WindowPlanner::live(const Coverage& coverage, Present present) const {
  const std::optional<Instant> end = coverage.end();
  if (!end || *end <= start_) {
    return std::nullopt;
  }
  // A clock that went back must not make us wait for the future to come again. What is covered before the later of the
  // two clocks is no future: it is not read again from where the earlier one stands.
  const Instant edge = *end <= present.read_to ? *end : std::min(*end, present.cover_to);
  const Interval span{std::max(start_, edge - lookback_), present.read_to};
  if (span.empty()) {
    return std::nullopt;
  }
  return LiveRound(span, edge, present.cover_to);
}

std::optional<Window> WindowPlanner::live_beside_history(Present present, std::optional<Milliseconds> width) const {
  const Instant from = std::max(start_, present.cover_to - lookback_);
  if (present.cover_to <= from || (width && present.read_to - from > *width)) {
    return std::nullopt;
  }
  return Window{.span = {from, present.read_to}, .cover_to = present.cover_to};
}

std::optional<Window> WindowPlanner::history(const Coverage& coverage, Present present,
                                             std::optional<Milliseconds> width) const {
  const std::optional<Instant> end = coverage.end();
  const bool up_to_now = !end.has_value() || *end <= start_;
  // What a clock that was ahead covered does not make older what has yet to come or to settle.
  const Instant edge = up_to_now ? present.read_to : std::min(*end, present.cover_to);
  const std::vector<Interval> gaps = coverage.gaps({start_, edge});
  if (gaps.empty()) {
    return std::nullopt;
  }
  Interval span = gaps.front();
  if (width && span.to - span.from > *width) {
    span.to = span.from + *width;
  }
  return Window{.span = span, .cover_to = std::min(span.to, present.cover_to)};
}

Milliseconds narrower_width(Interval span, int rows_seen, Interval seen, int rows_max) {
  const Milliseconds half = std::max(Milliseconds{1}, (span.to - span.from) / 2);
  if (rows_seen <= 0 || seen.empty()) {
    return half;
  }
  const double rows_per_ms = static_cast<double>(rows_seen) / static_cast<double>((seen.to - seen.from).count());
  const double fitting = static_cast<double>(rows_max) / 2 / rows_per_ms;
  return std::clamp(Milliseconds{static_cast<Milliseconds::rep>(fitting)}, Milliseconds{1}, half);
}

std::optional<Milliseconds> wider_width(std::optional<Milliseconds> width, int rows, int rows_max, Interval whole) {
  if (!width || rows > rows_max / 4) {
    return width;
  }
  const Milliseconds wider = *width * (rows == 0 ? 4 : 2);
  return wider >= whole.to - whole.from ? std::nullopt : std::optional{wider};
}

}  // namespace elit
