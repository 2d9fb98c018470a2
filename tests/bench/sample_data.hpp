#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/fetch/row_order.hpp"
#include "core/options.hpp"

// The data of the benchmarks: the same on every machine and in every run.
namespace elit::bench {

[[nodiscard]] SourceOptions sample_source();

// A body of the Conversations API: texts (some of them not Latin, some with escapes), buttons, media, events of agents,
// about 270 bytes a row.
[[nodiscard]] std::string sample_page(std::size_t rows);

// A body of the Users API: one attribute list for each user.
[[nodiscard]] std::string sample_users(std::size_t users);

// Rows as they are stored, `first` being the number of the first one; equal numbers give equal rows.
[[nodiscard]] std::vector<OrderedRow> sample_rows(std::size_t first, std::size_t count);

}  // namespace elit::bench
