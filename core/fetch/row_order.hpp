#pragma once

#include <optional>
#include <vector>

#include "core/fetch/coverage.hpp"
#include "core/message.hpp"

namespace elit {

// A row and where it stands in the order of release: its instant or, where that is unknown, a neighbour's.
struct OrderedRow {
  Row row;
  Instant order;
};

// Puts a time on every row of a page so that the page can be sorted: a row without an instant takes that of the row
// before it, or of the first dated one after it, or `fallback` when no row is dated.
[[nodiscard]] std::vector<OrderedRow> order_rows(std::vector<Row> rows, Instant fallback);

// Learns from the pages of one list whether it runs from the newest row to the oldest.
class ListDirection {
 public:
  void observe(const std::vector<OrderedRow>& page);
  // Absent: nothing tells, since all rows seen have one instant, or rises and falls are equally many.
  [[nodiscard]] std::optional<bool> newest_first() const {
    return falls_ == rises_ ? std::nullopt : std::optional(falls_ > rises_);
  }
  // The span of instants seen; absent before the first row. `to` is one past the newest.
  [[nodiscard]] std::optional<Interval> seen() const { return seen_; }

 private:
  std::optional<Instant> last_;
  std::optional<Interval> seen_;
  int rises_ = 0;
  int falls_ = 0;
};

}  // namespace elit
