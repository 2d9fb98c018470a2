#include "core/fetch/row_order.hpp"

#include <algorithm>
#include <utility>

namespace elit {

std::vector<OrderedRow> order_rows(std::vector<Row> rows, Instant fallback) {
  const auto dated = std::find_if(rows.begin(), rows.end(), [](const Row& row) { return row.instant.has_value(); });
  Instant order = dated == rows.end() ? fallback : *dated->instant;
  std::vector<OrderedRow> ordered;
  ordered.reserve(rows.size());
  for (Row& row : rows) {
    order = row.instant.value_or(order);
    ordered.push_back({.row = std::move(row), .order = order});
  }
  return ordered;
}

void ListDirection::observe(const std::vector<OrderedRow>& page) {
  for (const OrderedRow& row : page) {
    if (!row.row.instant) {
      continue;
    }
    const Instant instant = *row.row.instant;
    if (last_ && instant != *last_) {
      ++(instant > *last_ ? rises_ : falls_);
    }
    last_ = instant;
    const Instant past = instant + Milliseconds{1};
    seen_ = seen_ ? Interval{std::min(seen_->from, instant), std::max(seen_->to, past)} : Interval{instant, past};
  }
}

}  // namespace elit
